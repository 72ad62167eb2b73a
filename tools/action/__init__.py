"""What the GitHub Action runs beside `deployer`."""
