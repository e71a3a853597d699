"""`dingke bench`: a synthetic company of a size that hurts, and what every page costs beside the floor it cannot go below.

company.py makes the rows, loading.py brings them in, serving.py runs the product on them, client.py asks, floors.py measures what
the same work costs without the product, measure.py runs one engine, command.py runs the engines and prints.
"""
