//! A visitor with a widget.

use app::{Doors, Executed, Result, StartSession, VisitorSession};
use model::{
    Id, Timestamp,
    session::{BookingSession, Command, Notice, View},
    step::StepType,
};
use serde_json::{Value, json};

pub(crate) struct Visitor {
    doors: Doors,
    pub(crate) id: Id<BookingSession>,
    pub(crate) token: String,
    /// As the widget shows it.
    pub(crate) view: View,
    sent: u32,
}

/// A command as a widget writes it.
pub(crate) fn command(json: Value) -> Command {
    serde_json::from_value(json).unwrap()
}

impl Visitor {
    pub(crate) async fn start(doors: &Doors, public_key: &str) -> Self {
        Self::start_by(doors, public_key, None).await
    }

    /// By an express link, perhaps.
    pub(crate) async fn start_by(doors: &Doors, public_key: &str, link: Option<&str>) -> Self {
        let request = StartSession {
            page_url: "https://acme.example/".to_owned(),
            express_link: link.map(str::to_owned),
            ..Default::default()
        };
        let scheduler = doors.scheduler(public_key).await.unwrap();
        let started = scheduler.start_session(request).await.unwrap();
        Self {
            doors: doors.clone(),
            id: started.session_id,
            token: started.token.to_string(),
            view: started.view,
            sent: 0,
        }
    }

    /// The same visitor in another process.
    pub(crate) fn in_process(self, doors: &Doors) -> Self {
        Self { doors: doors.clone(), ..self }
    }

    pub(crate) async fn door(&self) -> VisitorSession {
        self.doors.session(self.id, &self.token).await.unwrap()
    }

    /// Sends a command under a new id and draws the answer.
    pub(crate) async fn send(&mut self, json: Value) -> Result<Executed> {
        self.sent += 1;
        let id = format!("{}-{}", self.id, self.sent);
        let executed = self.send_as(&id, self.view.sequence, json).await?;
        self.view.clone_from(&executed.view);
        Ok(executed)
    }

    /// Sends a command under an id, and leaves what is drawn as it is.
    pub(crate) async fn send_as(&self, id: &str, sequence: u64, json: Value) -> Result<Executed> {
        self.door().await.execute(id, sequence, &command(json)).await
    }

    /// What must succeed.
    pub(crate) async fn does(&mut self, json: Value) -> Vec<String> {
        let text = json.to_string();
        match self.send(json).await {
            Ok(executed) => executed.events,
            Err(error) => panic!("{text}: {error}"),
        }
    }

    /// `answer_question` by the answer's title.
    pub(crate) async fn answers(&mut self, title: &str) -> Vec<String> {
        let question = self.view.question.as_ref().unwrap();
        let answer = question.answers.iter().find(|it| it.title == title).unwrap().id;
        let node = question.node_id;
        self.does(json!({ "type": "answer_question", "node_id": node, "answer_ids": [answer] }))
            .await
    }

    /// Through the flow with arrival windows, the shortest way.
    pub(crate) async fn goes_to_the_timeslots(&mut self) {
        self.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
        self.answers("A blocked drain").await;
        self.does(json!({ "type": "submit_details", "values": {} })).await;
        assert_eq!(self.step(), StepType::TimeslotSelection);
    }

    /// From the timeslots to the summary, with the timeslot that begins at `start`.
    pub(crate) async fn chooses(&mut self, start: Timestamp) -> Vec<String> {
        self.does(json!({ "type": "select_timeslot", "start": start })).await
    }

    /// Says who they are and goes on to the summary.
    pub(crate) async fn introduces_themselves(&mut self) -> Vec<String> {
        let events = self.does(customer()).await;
        assert_eq!(self.step(), StepType::Summary);
        events
    }

    pub(crate) async fn confirms(&mut self) -> Vec<String> {
        self.does(json!({ "type": "confirm" })).await
    }

    /// A whole booking of the first timeslot.
    pub(crate) async fn books(&mut self) {
        self.goes_to_the_timeslots().await;
        let start = self.starts().await[0];
        self.chooses(start).await;
        self.introduces_themselves().await;
        self.confirms().await;
    }

    /// Starts of all timeslots that are offered.
    pub(crate) async fn starts(&self) -> Vec<Timestamp> {
        let offered = self.door().await.timeslots(None, None).await.unwrap();
        offered.days.into_iter().flat_map(|it| it.slots).map(|it| it.start).collect()
    }

    pub(crate) fn step(&self) -> StepType {
        self.view.step.step_type.unwrap()
    }

    pub(crate) fn notice(&self) -> Option<Notice> {
        self.view.message.as_ref().map(|it| it.code)
    }

    pub(crate) fn is_booked(&self) -> bool {
        self.view.booking.is_some()
    }
}

/// The visitor's answer to "Who are you?".
pub(crate) fn customer() -> Value {
    json!({
        "type": "submit_customer", "first_name": "Ada", "last_name": "Lovelace",
        "email": "ada@example.com", "phone": "404 555 0134", "consents": ["texts"],
        "address": {
            "street": "1 Main Street", "city": "Atlanta", "region": "GA",
            "postal_code": "30305", "country": "US",
        },
    })
}
