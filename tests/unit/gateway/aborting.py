"""In the place of what reads Parquet: it finds a row, and dies."""

import os

if __name__ == "__main__":
    os.write(1, b'["columns", ["number"]]\n["row", {"number": "+6531580001"}]\n["row", {"num')
    os.abort()
