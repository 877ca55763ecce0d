"""What differs between two dialects: one package per direction, one module per theme."""
