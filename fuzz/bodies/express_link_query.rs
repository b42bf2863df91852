//! What stands behind `?wrkbelt_link=`, and a link made of any pieces: the text is a slug or is
//! not, and a visit begins whatever the link fills in, as its events say.

use model::{
    Id, ObjectId, Timestamp,
    content::{Address, Slug},
    flow::{CompiledFlow, file::FlowFile},
    scheduler::{BookingFlowExpressLink, FlowSnapshot, PrefilledState},
    session::{
        Attribution, BookingSession, CustomerDetails, Device, EventBody, EventHash, LinkOutcome,
        SessionEvent, start, start_by_link, view,
    },
};

const FLOW: &str = include_str!("../../samples/peachtree-home-services/flow.yaml");

/// Choices, read off the input for as long as there is some.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % count.max(1)
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        let place = self.below(list.len() + 1);
        list.get(place).cloned()
    }

    fn some<T: Clone>(&mut self, list: &[T]) -> Vec<T> {
        (0..self.below(6)).filter_map(|_| self.of(list)).collect()
    }
}

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(slug) = text.parse::<Slug>() {
        assert_eq!(slug.as_str(), text, "a slug is taken as it is written");
    }
    let mut next = 0_u32;
    let mut new_id = |_: &str| {
        next += 1;
        let mut bytes = [0; 12];
        bytes[8..].copy_from_slice(&next.to_be_bytes());
        ObjectId::from_bytes(bytes)
    };
    let Ok(file) = FlowFile::parse(FLOW) else { panic!("the sample cannot be read") };
    let snapshot = file.build(&mut new_id).bundle.snapshot;
    let link = link(&snapshot, &text, &mut Choices(data));
    let flow = CompiledFlow::new(Id::new(ObjectId::from_bytes([1; 12])), snapshot);
    begin(&flow, &link);
}

fn link(snapshot: &FlowSnapshot, text: &str, choices: &mut Choices<'_>) -> BookingFlowExpressLink {
    let nobodys = ObjectId::from_bytes([0xff; 12]);
    let texts = ["30305", "90210", "true", "Gate or door code", "x", text];
    let texts: Vec<_> = texts.into_iter().map(str::to_owned).collect();
    let answers: Vec<_> =
        snapshot.answers.iter().map(|it| it.id).chain([Id::new(nobodys)]).collect();
    let services: Vec<_> =
        snapshot.services.iter().map(|it| it.id).chain([Id::new(nobodys)]).collect();
    let steps: Vec<_> = snapshot.steps.iter().map(|it| it.id).chain([Id::new(nobodys)]).collect();
    let keys = ["access", "pets", "notes", "nothing", text].map(str::to_owned);
    let address = Address { street: text.to_owned(), ..Address::default() };
    let customer = CustomerDetails {
        first_name: choices.of(&texts),
        last_name: choices.of(&texts),
        email: choices.of(&texts),
        phone: choices.of(&texts),
        address: choices.of(&[address]),
    };
    let details = choices.some(&keys).into_iter();
    BookingFlowExpressLink {
        booking_flow_id: snapshot.flow.id,
        slug: snapshot.flow.body.slug.clone(),
        name: text.to_owned(),
        prefilled_state: PrefilledState {
            zip: choices.of(&texts),
            service_id: choices.of(&services),
            details: details.filter_map(|key| Some((key, choices.of(&texts)?))).collect(),
            answers: choices.some(&answers),
            customer: choices.of(&[customer]),
            timeslot_preference: choices.of(&texts),
        },
        skip_steps: choices.some(&steps),
        campaign: None,
        expires_at: None,
        max_uses: None,
        uses: 0,
        is_active: true,
    }
}

fn begin(flow: &CompiledFlow, link: &BookingFlowExpressLink) {
    let id = ObjectId::from_bytes([2; 12]);
    let now = Timestamp::EPOCH;
    let expires_at = Timestamp::from_millis(1_000);
    let begun = start(
        flow,
        Id::new(id),
        "hash".to_owned(),
        Attribution::default(),
        Device::default(),
        "en-US".to_owned(),
        expires_at,
    );
    let Ok(begun) = begun else { panic!("the flow has no steps") };
    let outcome = LinkOutcome::Usable { id: Id::new(id), link, zone: None, is_archived: false };
    let decided = start_by_link(flow, begun.clone(), &outcome, now);
    let mut rest = decided.iter();
    for event in &begun {
        assert!(rest.any(|it| it == event), "an ordinary visit is in it");
    }
    let events: Vec<_> = decided
        .into_iter()
        .zip(1..)
        .map(|(it, sequence)| SessionEvent {
            id,
            booking_session_id: Id::new(id),
            organization_id: Id::new(id),
            sequence,
            schema_version: SessionEvent::SCHEMA_VERSION,
            timestamp: now,
            command_id: "start".to_owned(),
            hash: EventHash::beginning(Id::new(id), Id::new(id)),
            body: EventBody {
                data: it.data,
                step_id: it.step_id,
                client_timestamp: None,
                command_digest: None,
                previous_hash: None,
            },
        })
        .collect();
    let Some(session) = BookingSession::fold(&events) else { panic!("no session") };
    assert!(session.active(now).is_ok(), "the visit goes on");
    let drawn = view(flow, Id::new(id), &session);
    assert!((1..=drawn.progress.of).contains(&drawn.progress.step));
}
