"""What a page costs as the data grows, measured against the production server.

`make bench` seeds databases of several sizes (leads.load), starts gunicorn on each, asks
for every row in turn over HTTP and writes what it took to docs/benchmarks.md. Nothing of
this belongs to the product; beside its own addresses the measured server has the
yardsticks of `yardsticks`.
"""
