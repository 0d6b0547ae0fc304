"""Prints the first messages of the feed's stream, as httpx-sse has them."""

import json
import os

import httpx
from httpx_sse import connect_sse

headers = {"authorization": "Bearer " + os.environ["TOKEN"]}
with httpx.Client(timeout=60) as client:
    with connect_sse(client, "GET", os.environ["FEED"], headers=headers) as source:
        messages = source.iter_sse()
        for _ in range(3):
            message = next(messages)
            print(json.dumps({"event": message.event, "data": message.data, "id": message.id, "retry": message.retry}))
