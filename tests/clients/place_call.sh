#!/bin/sh
# Places the minimal call as people write it with curl; prints the call id, exits non-zero on refusal.
answer=$(curl --fail --silent --show-error "$RINGG_BASE_URL/calling/v2/outbound/individual" \
    --header "Content-Type: application/json" \
    --header "X-API-KEY: $RINGG_API_KEY" \
    --data '{
        "name": "John Doe",
        "mobile_number": "'"${1:-+919876543210}"'",
        "agent_id": "830f767a-397e-4b39-82ff-235cd344e2f9",
        "number_pool_id": "pool-1"
    }') || exit
printf '%s\n' "$answer" | sed -n 's/.*"call_id": *"\([^"]*\)".*/\1/p'
