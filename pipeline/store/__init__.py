"""The library: keys, objects, Parquet, ledger, index. boto3 and DuckDB stay in here."""
