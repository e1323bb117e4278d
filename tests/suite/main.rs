#[test]
fn probe() {
    for f in ["request-full","request-minimal"] {
        let b = std::fs::read(format!("tests/documented/{f}.json")).unwrap();
        match ringg_call::check_json(&b) { Ok(c) => println!("{f} OK {:?}\n{c:?}", c.warnings()), Err(e) => for v in e.violations() { println!("{f} {v}") } }
    }
    for t in [r#"{"phone_number":"+919876543210","agentId":3,"name":null,"from_number":["x",4],"call_config":{"idle_timeout_end":-3,"max_call_length":99999999999999999999,"call_time":{"call_start_time":"9:00"}}}"#, r#"{"a":12345678901234567890123}"#, r#"{"mobile_number":"98765","name":"x","agent_id":"y","from_number":5,"call_config":{"max_call_length":12345678901234567890},"callback_args":{"headers":{"a":null}}}"#, "[]", "{\"a\":1,\"a\":2}", "", "{\n\"a\": }"] {
        match ringg_call::check_json(t.as_bytes()) { Ok(c) => println!("OK {:?}", c.warnings()), Err(ringg_call::CheckError::Denied(e)) => for v in e { println!("{v}") }, Err(e) => println!("{e}") }
        println!("--");
    }
    for r in ringg_call::RULES { println!("{r:?}"); }
}
