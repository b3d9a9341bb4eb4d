"""From everything that is known of a title to the files and rows of its release."""
