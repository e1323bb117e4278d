"""The usual loop around a lost answer, and the reason for `--max-calls`: it dials again, though the phone rang already."""

import os
import sys

import requests

for attempt in range(3):
    try:
        response = requests.post(
            os.environ["RINGG_BASE_URL"] + "/calling/v2/outbound/individual",
            headers={"X-API-KEY": os.environ["RINGG_API_KEY"]},
            json={
                "name": "John Doe",
                "mobile_number": sys.argv[1] if len(sys.argv) > 1 else "+919876543210",
                "agent_id": "830f767a-397e-4b39-82ff-235cd344e2f9",
                "number_pool_id": "pool-1",
            },
            timeout=5,
        )
    except requests.RequestException:
        print("no answer", file=sys.stderr)
        continue
    if not response.ok:
        sys.exit(f"refused: {response.status_code}")
    print(response.json()["data"]["call_id"])
    break
