//! What becomes of a flow.

use serde_json::{Value, json};

use super::Run;

impl Run {
    /// The flow of the sample business is changed, published, scheduled, taken back and restored.
    pub(super) async fn flows(&mut self, organization: &str, owner: &str) {
        let all = [("organization_id", organization), ("?", "limit=50")];
        let owner = Some(owner);
        let flows = self.list("booking_flows", &all, owner).await;
        let flow = flows.iter().find(|it| it["status"] == "published").unwrap();
        let one = [("organization_id", organization), ("id", flow["_id"].as_str().unwrap())];
        self.call("validate_booking_flow", &one, owner, None).await;
        let builder = self.call("get_booking_flow_builder", &one, owner, None).await;
        self.call("save_booking_flow_builder", &one, owner, Some(save(&builder))).await;
        for operation in ["draw_booking_flow_svg", "draw_booking_flow_mmd", "draw_booking_flow_dot"]
        {
            self.call(operation, &one, owner, None).await;
        }
        self.call("diff_booking_flow", &one, owner, None).await;
        let note = json!({ "note": "More to choose from." });
        self.call("publish_booking_flow", &one, owner, Some(note)).await;
        let later = json!({ "note": "For the winter.", "at": "2026-12-01T08:00:00Z" });
        self.call("publish_booking_flow", &one, owner, Some(later)).await;
        self.call("list_versions_of_booking_flow", &one, owner, None).await;
        self.call("cancel_booking_flow_schedule", &one, owner, None).await;
        let version = [one[0], one[1], ("number", "1")];
        self.call("get_version_of_booking_flow", &version, owner, None).await;
        self.call("restore_version_of_booking_flow", &version, owner, None).await;
        self.call("publish_version_of_booking_flow", &version, owner, Some(json!({}))).await;
        self.call("unpublish_booking_flow", &one, owner, None).await;
        self.call("publish_version_of_booking_flow", &version, owner, Some(json!({}))).await;
    }
}

/// One more answer to the first question, which selects a service that there is.
fn save(builder: &Value) -> Value {
    let questions = builder["questions"].as_array().unwrap();
    let question = questions.iter().find(|it| it["kind"] == "single_choice").unwrap();
    let step = builder["steps"].as_array().unwrap();
    let step = step.iter().find(|it| it["step_type"] == "service_selection").unwrap();
    let nodes = step["config"]["graph"]["nodes"].as_array().unwrap();
    let node = nodes.iter().find(|it| it["booking_question_id"] == question["_id"]).unwrap();
    let mut answers = question["answer_ids"].as_array().unwrap().clone();
    answers.push(json!("new-answer"));
    json!({
        "version": builder["flow"]["version"],
        "questions": { "update": [{ "_id": question["_id"], "answer_ids": answers }] },
        "answers": { "create": [{
            "_id": "new-answer", "booking_question_id": question["_id"], "slug": "something-else",
            "content": { "title": "Something else" }, "kind": "service_reference",
            "booking_service_id": builder["services"][0]["_id"],
        }] },
        "graph": {
            "nodes": { "create": [
                { "_id": "new-node", "type": "answer", "booking_question_answer_id": "new-answer" },
            ] },
            "edges": { "create": [
                { "_id": "new-edge", "source_node_id": node["_id"], "target_node_id": "new-node" },
            ] },
        },
        "canvas_data": { "service_selection": {
            "nodes": [{ "id": "new-node", "position": { "x": 320.0, "y": 160.0 } }],
            "edges": [{ "id": "new-edge" }], "viewport": { "x": 0.0, "y": 0.0, "zoom": 1.0 },
        } },
    })
}
