"""A profile's release as a file that stands alone, for whoever leaves or runs other machines."""
