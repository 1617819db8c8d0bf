"""Runs a job from Python: the Workflow type's name, plain JSON, and the store's folder are all it takes.

    python start.py start requests.jsonl my-job    starts the job, or attaches to it, and waits for its report
    python start.py progress my-job                prints its progress
    python start.py cancel my-job                  stops submitting, keeps every finished result

Needs `pip install temporalio`, a Temporal server, and a Worker of the engine: `message-batches worker`.
"""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy

TASK_QUEUE = os.environ.get("TASK_QUEUE", "message-batches")
STORE = Path(os.environ.get("MESSAGE_BATCHES_STORE", ".message-batches/store")).resolve()


def put_into_store(requests: Path, job_id: str) -> str:
    """Copies the requests to where the Workers find them, and moves them to their place whole."""
    place = STORE / "inputs" / f"{job_id}.jsonl"
    place.parent.mkdir(parents=True, exist_ok=True)
    half = place.with_suffix(".part")
    shutil.copyfile(requests, half)
    half.replace(place)
    return place.as_uri()


async def start(client: Client, requests: Path, job_id: str) -> WorkflowHandle[Any, Any]:
    return await client.start_workflow(
        "messageBatchJob",
        {
            "requests": {"uri": put_into_store(requests, job_id)},
            # Options as in docs/options.md; durations as text or in milliseconds.
            "checkMax": "5m",
            "maxAttempts": 3,
        },
        id=job_id,
        task_queue=TASK_QUEUE,
        # While it runs: attach. When it has ended: the new execution finds the report and pays nothing.
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )


async def main(command: str, *arguments: str) -> None:
    address = os.environ.get("TEMPORAL_ADDRESS", "localhost:7233")
    namespace = os.environ.get("TEMPORAL_NAMESPACE", "default")
    client = await Client.connect(address, namespace=namespace)
    if command == "start":
        requests, job_id = arguments
        handle = await start(client, Path(requests), job_id)
        report = await handle.result()
        print(json.dumps(report, indent=2))
    elif command == "progress":
        handle = client.get_workflow_handle(arguments[0])
        print(json.dumps(await handle.query("progress"), indent=2))
    elif command == "cancel":
        await client.get_workflow_handle(arguments[0]).signal("cancel")
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    asyncio.run(main(*sys.argv[1:]))
