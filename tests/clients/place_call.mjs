// Places the minimal call as people write it with fetch; prints the call id, exits 1 on refusal.
const response = await fetch(`${process.env.RINGG_BASE_URL}/calling/v2/outbound/individual`, {
  method: "POST",
  headers: { "Content-Type": "application/json", "X-API-KEY": process.env.RINGG_API_KEY },
  body: JSON.stringify({
    name: "John Doe",
    mobile_number: process.argv[2] ?? "+919876543210",
    agent_id: "830f767a-397e-4b39-82ff-235cd344e2f9",
    number_pool_id: "pool-1",
  }),
});
if (!response.ok) {
  console.error(`refused: ${response.status}`);
  process.exit(1);
}
console.log((await response.json()).data.call_id);
