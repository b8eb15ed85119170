"""Runs a Jupyter notebook from its first cell to its last, and prints the tables that it made as JSON.

    python notebook.py <notebook> <name of a table> …

Fails on an error in any cell.
"""

import sys

import nbformat
from nbclient import NotebookClient

path, *names = sys.argv[1:]
book = nbformat.read(path, as_version=4)
tables = ", ".join(f"'\"{name}\": ' + {name}.to_json(orient='values', date_format='iso')" for name in names)
book.cells.append(nbformat.v4.new_code_cell(f"print('tables {{' + ', '.join([{tables}]) + '}}')"))
NotebookClient(book, timeout=120, kernel_name="python3").execute()
print(book.cells[-1].outputs[0].text)
