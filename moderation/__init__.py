"""What may be asked, retrieved and shown."""
