"""A worker that shows the tail of its journal of the last days at the start, and ends on a page that it cannot read."""

import os
import sys
import time

with open(os.environ["JOURNAL"]) as file:
    for line in file:
        print("journal:", line.rstrip(), flush=True)
time.sleep(2)
print("Traceback (most recent call last):", file=sys.stderr)
print('  File "/app/pages.py", line 88, in load', file=sys.stderr)
sys.exit("StoreError: page 4411 of the segment index has a bad checksum (found 0x5c1e, computed 0x90ab)")
