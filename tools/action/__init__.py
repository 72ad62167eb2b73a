"""What the GitHub Actions `check` and `comment` run, beside `deployer` itself.

Started as `python -I .../tools/action/__main__.py NAME`, never in the checkout. Standard library
only: `comment` installs nothing.
"""
