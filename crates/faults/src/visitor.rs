//! A visitor with a widget, who notes what was acknowledged.

use std::io;

use serde_json::{Value, json};

use crate::http::{Answer, Client};

/// One visit, as far as its visitor knows.
#[derive(Debug, Clone)]
pub struct Visit {
    pub id: String,
    pub token: String,
    /// As it is drawn.
    pub view: Value,
    /// Commands that were answered with success, in order.
    pub acknowledged: Vec<Acknowledged>,
    /// What was sent last, while its answer has not come.
    pub unanswered: Option<Value>,
    sent: u32,
}

/// A command that the server says is done.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    pub command_id: String,
    /// Of the last of its events.
    pub sequence: u64,
    /// Types of its events.
    pub events: Vec<String>,
}

/// Why something is not acknowledged. It may be done nevertheless.
#[derive(Debug)]
pub enum Failure {
    /// The connection ended.
    Ended(io::Error),
    /// The server has a problem of its own.
    Refused(Answer),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Ended(error)
    }
}

impl Visit {
    pub fn start(client: &mut Client, public_key: &str) -> Result<Self, Failure> {
        let path = format!("/public/v1/schedulers/{public_key}/sessions");
        let body = json!({ "page_url": "https://acme.example/" });
        let answer = client.call("POST", &path, None, Some(&body))?;
        let started = success(answer, 201)?.json();
        Ok(Self {
            id: started["session_id"].as_str().unwrap().to_owned(),
            token: started["session_token"].as_str().unwrap().to_owned(),
            view: started["view"].clone(),
            acknowledged: Vec::new(),
            unanswered: None,
            sent: 0,
        })
    }

    /// Sends a command that makes sense.
    pub fn send(&mut self, client: &mut Client, command: Value) -> Result<(), Failure> {
        self.sent += 1;
        let mut body = json!({
            "command_id": format!("c-{}", self.sent),
            "expected_sequence": self.sequence(),
        });
        body["command"] = command;
        self.unanswered = Some(body);
        self.send_again(client)
    }

    /// Sends what was not answered, if there is something.
    pub fn send_again(&mut self, client: &mut Client) -> Result<(), Failure> {
        let Some(body) = &self.unanswered else { return Ok(()) };
        let answer = success(self.send_body(client, body)?, 200)?.json();
        let events = answer["events"].as_array().unwrap().iter();
        let acknowledged = Acknowledged {
            command_id: body["command_id"].as_str().unwrap().to_owned(),
            sequence: answer["view"]["sequence"].as_u64().unwrap(),
            events: events.map(|it| it.as_str().unwrap().to_owned()).collect(),
        };
        self.acknowledged.push(acknowledged);
        self.view = answer["view"].clone();
        self.unanswered = None;
        Ok(())
    }

    /// Sends a command as it is, and leaves what is drawn as it is.
    pub fn send_body(&self, client: &mut Client, body: &Value) -> io::Result<Answer> {
        client.call("POST", &self.path("/commands"), Some(&self.token), Some(body))
    }

    /// The next command of a whole booking; `None` when it is done, or all is sold out.
    /// `preferred` is which of the offered timeslots is chosen.
    pub fn next(&self, client: &mut Client, preferred: usize) -> Result<Option<Value>, Failure> {
        Ok(Some(match self.step() {
            "zipcode" => json!({ "type": "submit_zip", "zip": "30305" }),
            "service_selection" => self.answer(),
            "additional_details" => json!({ "type": "submit_details", "values": { "notes": "x" } }),
            "timeslot_selection" => {
                let starts = self.starts(client)?;
                let Some(last) = starts.len().checked_sub(1) else { return Ok(None) };
                let start = &starts[preferred.min(last)];
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
    pub fn book(&mut self, client: &mut Client, preferred: usize) {
        while let Some(command) = self.next(client, preferred).unwrap() {
            self.send(client, command).unwrap();
        }
        assert!(self.is_completed(), "{}", self.view);
    }

    /// Starts of all timeslots that are offered.
    pub fn starts(&self, client: &mut Client) -> Result<Vec<Value>, Failure> {
        let answer = client.call("GET", &self.path("/timeslots"), Some(&self.token), None)?;
        let days = success(answer, 200)?.json();
        let slots = days["days"].as_array().unwrap().iter().filter_map(|it| it["slots"].as_array());
        Ok(slots.flatten().map(|it| it["start"].clone()).collect())
    }

    /// As the server draws it now.
    pub fn present(&self, client: &mut Client) -> Value {
        let answer = client.call("GET", &self.path(""), Some(&self.token), None).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// All events that the server has.
    pub fn events(&self, client: &mut Client) -> Vec<Value> {
        let answer = client.call("GET", &self.path("/events"), Some(&self.token), None).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["data"].as_array().unwrap().clone()
    }

    pub fn sequence(&self) -> u64 {
        self.view["sequence"].as_u64().unwrap()
    }

    pub fn is_completed(&self) -> bool {
        self.view["status"] == "completed"
    }

    /// What the booking is called, as soon as there is one.
    pub fn reference(&self) -> Option<&str> {
        self.view["booking"]["reference"].as_str()
    }

    pub fn step(&self) -> &str {
        self.view["step"]["type"].as_str().unwrap()
    }

    fn path(&self, rest: &str) -> String {
        format!("/public/v1/sessions/{}{rest}", self.id)
    }
}

/// A problem of the server's own is a failure; one of the visitor's is a fault of the test.
fn success(answer: Answer, status: u16) -> Result<Answer, Failure> {
    if answer.status >= 500 {
        return Err(Failure::Refused(answer));
    }
    assert_eq!(answer.status, status, "{}", answer.text());
    Ok(answer)
}
