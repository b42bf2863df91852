//! A visitor with a widget, who notes what was acknowledged.

use std::io;

use serde_json::{Value, json};

use crate::http::{Answer, Client};

/// One visit, as far as its visitor knows.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) id: String,
    pub(crate) token: String,
    /// As it is drawn.
    pub(crate) view: Value,
    sent: u32,
    /// What was sent last, while its answer has not come.
    pub(crate) unanswered: Option<Value>,
}

impl Visit {
    /// # Errors
    /// When the connection ends.
    pub(crate) fn start(client: &mut Client, public_key: &str) -> io::Result<Self> {
        let path = format!("/public/v1/schedulers/{public_key}/sessions");
        let body = json!({ "page_url": "https://acme.example/" });
        let answer = client.call("POST", &path, None, Some(&body))?;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let started = answer.json();
        Ok(Self {
            id: started["session_id"].as_str().unwrap().to_owned(),
            token: started["session_token"].as_str().unwrap().to_owned(),
            view: started["view"].clone(),
            sent: 0,
            unanswered: None,
        })
    }

    /// Sends a command that must succeed.
    ///
    /// # Errors
    /// When the connection ends.
    pub(crate) fn send(&mut self, client: &mut Client, command: Value) -> io::Result<()> {
        self.sent += 1;
        let mut body = json!({
            "command_id": format!("c-{}", self.sent),
            "expected_sequence": self.sequence(),
        });
        body["command"] = command;
        self.unanswered = Some(body.clone());
        let answer = self.send_body(client, &body)?;
        assert_eq!(answer.status, 200, "{body}: {}", answer.text());
        self.view = answer.json()["view"].clone();
        self.unanswered = None;
        Ok(())
    }

    /// Sends a command as it is, and leaves what is drawn as it is.
    pub(crate) fn send_body(&self, client: &mut Client, body: &Value) -> io::Result<Answer> {
        client.call("POST", &self.path("/commands"), Some(&self.token), Some(body))
    }

    /// The next command of a whole booking; `None` when it is done. `preferred` is which of the
    /// offered timeslots is chosen.
    ///
    /// # Errors
    /// When the connection ends.
    pub(crate) fn next(&self, client: &mut Client, preferred: usize) -> io::Result<Option<Value>> {
        Ok(Some(match self.step() {
            "zipcode" => json!({ "type": "submit_zip", "zip": "30305" }),
            "service_selection" => self.answer(),
            "additional_details" => json!({ "type": "submit_details", "values": { "notes": "x" } }),
            "timeslot_selection" => {
                let starts = self.starts(client)?;
                let start = &starts[preferred.min(starts.len() - 1)];
                json!({ "type": "select_timeslot", "start": start })
            }
            "customer_info" => json!({
                "type": "submit_customer",
                "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com",
            }),
            "summary" => json!({ "type": "confirm" }),
            "confirmation" => return Ok(None),
            step => panic!("an unknown step: {step}"),
        }))
    }

    fn answer(&self) -> Value {
        let question = &self.view["question"];
        let node = &question["node_id"];
        if question["kind"] == "number" {
            return json!({ "type": "answer_question", "node_id": node, "value": 12 });
        }
        let answer = &question["answers"][0]["id"];
        json!({ "type": "answer_question", "node_id": node, "answer_ids": [answer] })
    }

    /// Through the whole flow to the booking.
    pub(crate) fn book(&mut self, client: &mut Client, preferred: usize) {
        while let Some(command) = self.next(client, preferred).unwrap() {
            self.send(client, command).unwrap();
        }
        assert_eq!(self.view["status"], "completed");
    }

    /// Starts of all timeslots that are offered.
    ///
    /// # Errors
    /// When the connection ends.
    pub(crate) fn starts(&self, client: &mut Client) -> io::Result<Vec<Value>> {
        let answer = client.call("GET", &self.path("/timeslots"), Some(&self.token), None)?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let days = answer.json();
        let slots = days["days"].as_array().unwrap().iter().filter_map(|it| it["slots"].as_array());
        Ok(slots.flatten().map(|it| it["start"].clone()).collect())
    }

    /// All events that the server has.
    pub(crate) fn events(&self, client: &mut Client) -> Vec<Value> {
        let answer = client.call("GET", &self.path("/events"), Some(&self.token), None).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["data"].as_array().unwrap().clone()
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.view["sequence"].as_u64().unwrap()
    }

    pub(crate) fn step(&self) -> &str {
        self.view["step"]["type"].as_str().unwrap()
    }

    fn path(&self, rest: &str) -> String {
        format!("/public/v1/sessions/{}{rest}", self.id)
    }
}
