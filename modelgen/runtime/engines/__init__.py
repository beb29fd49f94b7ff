"""What runs a call on a loaded model: in this process (`local`), and elsewhere."""
