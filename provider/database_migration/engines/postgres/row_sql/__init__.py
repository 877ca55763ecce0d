"""The SQL by which rows are picked, printed, digested and told apart."""
