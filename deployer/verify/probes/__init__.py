"""One promise a file: what is asked, and what the answer must hold."""
