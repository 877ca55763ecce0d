"""The change log's octets become committed transactions of transfer texts; ``change_log`` reads them."""
