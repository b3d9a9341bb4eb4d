"""One plain function per stage, over the library and the ledger."""
