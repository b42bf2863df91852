use std::time::{Duration, Instant};

use hyper::Method;
use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use super::client::{Connection, Target};
use crate::output::Failure;

/// Books as a visitor with a widget would: does what the view asks for, at random.
pub(super) struct Visitor {
    pub(super) target: Target,
    pub(super) public_key: String,
    pub(super) zip: String,
    pub(super) seed: u64,
}

/// What came of one visit.
#[derive(Default)]
pub(super) struct Visit {
    pub(super) events: u64,
    pub(super) booked: bool,
}

/// A visit that has not booked by then is broken.
const MOST_COMMANDS: usize = 60;

impl Visitor {
    /// Takes the time of each command.
    pub(super) async fn book(
        &self,
        connection: &mut Connection,
        n: u64,
        latencies: &mut Vec<Duration>,
    ) -> Result<Visit, Failure> {
        let mut random = Random(
            self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ n.wrapping_mul(0xD134_2543_DE82_EF95),
        );
        let start = format!("/public/v1/schedulers/{}/sessions", self.public_key);
        let body = json!({ "page_url": "https://load.example/book?utm_source=load" });
        let began = Instant::now();
        let started = connection.call(Method::POST, &start, None, Some(&body)).await?;
        latencies.push(began.elapsed());
        let session = format!("/public/v1/sessions/{}", text(&started["session_id"]));
        let token = text(&started["session_token"]).to_owned();
        let mut view = started["view"].clone();
        let mut visit = Visit { events: view["sequence"].as_u64().unwrap_or(0), booked: false };
        for step in 0..MOST_COMMANDS {
            if view["status"] == "completed" {
                visit.booked = true;
                return Ok(visit);
            }
            let command = self.next(connection, &session, &token, &view, &mut random).await?;
            let body = json!({
                "command_id": format!("{n}-{step}"),
                "expected_sequence": view["sequence"],
                "command": command,
            });
            let began = Instant::now();
            let path = format!("{session}/commands");
            let mut answer =
                connection.call(Method::POST, &path, Some(&token), Some(&body)).await?;
            latencies.push(began.elapsed());
            visit.events += answer["events"].as_array().map_or(0, |it| it.len() as u64);
            view = answer["view"].take();
        }
        Err(Failure::new(format!("a visit came no further than {view}")))
    }

    async fn next(
        &self,
        connection: &mut Connection,
        session: &str,
        token: &str,
        view: &Value,
        random: &mut Random,
    ) -> Result<Value, Failure> {
        Ok(match text(&view["step"]["type"]) {
            "zipcode" => json!({ "type": "submit_zip", "zip": self.zip }),
            "service_selection" => answer(&view["question"], random),
            "additional_details" => {
                json!({ "type": "submit_details", "values": values(&view["fields"]) })
            }
            "timeslot_selection" => {
                let slot = self.slot(connection, session, token, random).await?;
                json!({ "type": "select_timeslot", "start": slot })
            }
            "customer_info" => customer(view, &self.zip),
            _ => json!({ "type": "confirm" }),
        })
    }

    /// Looks at weeks at random until one has a free slot.
    async fn slot(
        &self,
        connection: &mut Connection,
        session: &str,
        token: &str,
        random: &mut Random,
    ) -> Result<Value, Failure> {
        let path = format!("{session}/timeslots");
        let first = connection.call(Method::GET, &path, Some(token), None).await?;
        let today: Date = text(&first["days"][0]["date"])
            .parse()
            .map_err(|_| Failure::new(format!("there are no days in {first}")))?;
        let weeks = i64::try_from(random.below(50)).unwrap_or(0);
        for _ in 0..4 {
            let from = today.checked_add((weeks * 7).days()).unwrap_or(today);
            let to = from.checked_add(6.days()).unwrap_or(from);
            let week = format!("{path}?from={from}&to={to}");
            let week = connection.call(Method::GET, &week, Some(token), None).await?;
            if let Some(slot) = random.slot(&week) {
                return Ok(slot);
            }
        }
        random.slot(&first).ok_or_else(|| Failure::new("there are no free slots"))
    }
}

/// A small generator: the same seed makes the same visits.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound.max(1)
    }

    fn slot(&mut self, timeslots: &Value) -> Option<Value> {
        let days = timeslots["days"].as_array()?;
        let slots: Vec<_> = days
            .iter()
            .filter_map(|it| it["slots"].as_array())
            .flatten()
            .map(|it| &it["start"])
            .collect();
        (!slots.is_empty()).then(|| slots[self.below(slots.len())].clone())
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn answer(question: &Value, random: &mut Random) -> Value {
    let node_id = &question["node_id"];
    let answers = question["answers"].as_array().map_or(&[][..], Vec::as_slice);
    match text(&question["kind"]) {
        "single_choice" | "multi_choice" => {
            let chosen = answers.get(random.below(answers.len())).map(|it| &it["id"]);
            json!({ "type": "answer_question", "node_id": node_id, "answer_ids": [chosen] })
        }
        "number" => {
            let least = question["rules"]["min"].as_f64().unwrap_or(1.0);
            json!({ "type": "answer_question", "node_id": node_id, "value": least })
        }
        "date" => json!({ "type": "answer_question", "node_id": node_id, "value": "2026-12-01" }),
        "photo" => json!({ "type": "answer_question", "node_id": node_id }),
        _ => {
            json!({ "type": "answer_question", "node_id": node_id, "value": "It rattles a little." })
        }
    }
}

fn values(fields: &Value) -> Value {
    let fields = fields.as_array().map_or(&[][..], Vec::as_slice);
    let required = fields.iter().filter(|it| it["required"] == true);
    required
        .map(|field| {
            let value = match text(&field["kind"]) {
                "number" => json!(field["rules"]["min"].as_f64().unwrap_or(1.0)),
                "checkbox" => json!(true),
                "select" => field["options"][0]["value"].clone(),
                _ => json!("Please ring twice."),
            };
            (text(&field["key"]).to_owned(), value)
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn customer(view: &Value, zip: &str) -> Value {
    let mut customer = json!({ "type": "submit_customer" });
    let fields = view["fields"].as_array().map_or(&[][..], Vec::as_slice);
    for key in fields.iter().map(|it| text(&it["key"])) {
        match key {
            "first_name" => customer["first_name"] = json!("Ada"),
            "last_name" => customer["last_name"] = json!("Lovelace"),
            "email" => customer["email"] = json!("ada@example.com"),
            "phone" => customer["phone"] = json!("404 555 0134"),
            _ => {
                customer["address"] = json!({
                    "street": "1 Main Street", "city": "Atlanta", "region": "GA",
                    "postal_code": zip, "country": view["step"]["config"]["country"],
                });
            }
        }
    }
    let consents = view["consents"].as_array().map_or(&[][..], Vec::as_slice);
    customer["consents"] = consents.iter().map(|it| it["key"].clone()).collect();
    customer
}
