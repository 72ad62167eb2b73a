"""The targets: where a release is carried out."""
