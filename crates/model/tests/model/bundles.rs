//! Random flows, sound or not, as they may stand in a store: any bytes are one.

use std::collections::BTreeMap;

use model::{
    Id, ObjectId,
    content::{ContentConfig, Money, Slug, Translation},
    flow::{
        FlowBundle,
        file::{Expectation, Given, Journey},
    },
    scheduler::{
        AnswerKind, BookingAnswerCategory, BookingFlow, BookingFlowStatus, BookingQuestion,
        BookingQuestionAnswer, BookingService, Capacity, DateOverride, FlowSnapshot, Holidays,
        Identified, Price, QuestionKind, Schedule, ServiceStatus, ServiceZone, ValueRules,
        VendorData, WeeklyHours, Window,
    },
    step::{
        AdditionalDetails, BookingFlowStep, CallToBook, CallWhen, Confirmation, ConsentConfig,
        CustomerInfo, Deposit, DetailField, DetailKind, GraphEdge, GraphNode, NodeTarget,
        OutsideAction, OutsideArea, ServiceGraph, ServiceSelection, StepConfig, Summary,
        TimeslotSelection, Zipcode,
    },
};

/// Texts that a careless writer of YAML gets wrong.
const TEXTS: &[&str] = &[
    "Plain words",
    "yes",
    "No",
    "null",
    "~",
    "true",
    "12",
    "-1.5e3",
    "0x1f",
    "1_000",
    "2026-12-24",
    "12:30:45",
    ".inf",
    "- a",
    "a: b",
    "a #b",
    "#b",
    "key:",
    "[a, b]",
    "{a}",
    "a, b",
    "'single'",
    "\"double\"",
    "back\\slash",
    "two\nlines",
    "two\nlines\n",
    "two\n\n  lines\n\n",
    " leading\nspace",
    "tab\there",
    "trailing ",
    "cr\r\nlf",
    "bell\u{7}",
    "nel\u{85}line\u{2028}sep",
    "bom\u{feff}",
    "emoji \u{1f6bf} ok",
    "日本語",
    "&anchor",
    "*alias",
    "!tag",
    "%dir",
    "@at",
    "`tick",
    "|",
    ">-",
    "? q",
    "---",
    "...",
    "=",
    "<<",
    "",
    "a word that goes on and on until the line is longer than a hundred columns, so that it is not on one",
];

struct Dice<'a>(std::slice::Iter<'a, u8>);

impl Dice<'_> {
    fn below(&mut self, sides: usize) -> usize {
        self.0.next().map_or(0, |it| usize::from(*it)) % sides
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 1
    }

    fn text(&mut self) -> String {
        TEXTS[self.below(TEXTS.len())].to_owned()
    }

    fn some<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(3).then(|| make(self))
    }

    fn content(&mut self) -> ContentConfig {
        let mut content = ContentConfig::titled(self.text());
        content.description = self.some(Self::text);
        content.icon = self.some(|_| "alarm".to_owned());
        if self.chance(4) {
            let spanish =
                Translation { title: self.text(), description: self.some(Self::text), icon: None };
            content.translations = BTreeMap::from([("es-MX".to_owned(), spanish)]);
        }
        content
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn any<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        of.iter().filter(|_| self.chance(2)).copied().collect()
    }

    fn amount(&mut self, below: usize) -> i64 {
        i64::try_from(self.below(below)).unwrap()
    }

    fn money(&mut self) -> Money {
        Money { amount_minor: self.amount(250), currency: "USD".parse().unwrap() }
    }
}

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

fn id<E>(kind: u8, n: usize) -> Id<E> {
    Id::new(ObjectId::from_parts(9, [kind; 5], u32::try_from(n).unwrap()))
}

fn named<E>(kind: u8, bodies: Vec<E>) -> Vec<Identified<E>> {
    bodies.into_iter().enumerate().map(|(n, body)| Identified { id: id(kind, n), body }).collect()
}

const WORDS: [&str; 8] = ["need", "no", "1", "age", "null", "missing-1", "2026", "need-2"];

/// Everything in it fits the entities' own rules of shape, not those of [`model::flow::check`].
pub(crate) fn bundle(bytes: &[u8]) -> FlowBundle {
    let mut dice = Dice(bytes.iter());
    let counts: [usize; 6] = std::array::from_fn(|_| dice.below(4));
    let [zones, schedules, categories, services, questions, _] = counts;
    let ids = Ids {
        zones: (0..zones).map(|n| id(1, n)).collect(),
        schedules: (0..schedules).map(|n| id(2, n)).collect(),
        categories: (0..categories).map(|n| id(3, n)).collect(),
        services: (0..=services).map(|n| id(4, n)).collect(),
    };
    let mut bundle = FlowBundle {
        zones: named(1, (0..zones).map(|n| zone(&mut dice, n)).collect()),
        schedules: named(2, (0..schedules).map(|n| schedule(&mut dice, n, &ids)).collect()),
        snapshot: FlowSnapshot {
            categories: named(3, (0..categories).map(|n| category(&mut dice, n)).collect()),
            services: named(4, (0..=services).map(|n| service(&mut dice, n, &ids)).collect()),
            questions: Vec::new(),
            answers: Vec::new(),
            steps: Vec::new(),
            flow: Identified { id: id(0, 0), body: flow(&mut dice) },
        },
    };
    for n in 0..=questions {
        question(&mut dice, n, &ids, &mut bundle.snapshot);
    }
    let graph = graph(&mut dice, &bundle.snapshot, &ids);
    let steps = steps(&mut dice, graph, &ids);
    bundle.snapshot.steps = named(7, steps);
    bundle.snapshot.flow.body.steps = bundle.snapshot.steps.iter().map(|it| it.id).collect();
    bundle
}

struct Ids {
    zones: Vec<Id<ServiceZone>>,
    schedules: Vec<Id<Schedule>>,
    categories: Vec<Id<BookingAnswerCategory>>,
    services: Vec<Id<BookingService>>,
}

fn flow(dice: &mut Dice<'_>) -> BookingFlow {
    let journeys = (0..dice.below(3)).map(|_| Journey {
        name: dice.text(),
        zip: dice.some(Dice::text),
        answers: vec![
            Given::Number([14.0, -0.5, 1e300, 0.1][dice.below(4)]),
            Given::Text(dice.text()),
            Given::Several(vec![slug("null"), slug("12")]),
        ],
        expect: Expectation { service: dice.some(|_| slug("no")), zone: dice.some(|_| slug("1")) },
    });
    BookingFlow {
        journeys: journeys.collect(),
        slug: slug("visits"),
        content: dice.content(),
        steps: Vec::new(),
        status: BookingFlowStatus::Draft,
        published_version_id: None,
        has_unpublished_changes: true,
        scheduled_publication: None,
        failed_publication: None,
    }
}

fn zone(dice: &mut Dice<'_>, n: usize) -> ServiceZone {
    ServiceZone {
        slug: slug(WORDS[n]),
        content: dice.content(),
        postal_codes: ["30305", "00501", "303*"].map(|it| it.parse().unwrap())[..dice.below(4)]
            .to_vec(),
        country: "US".to_owned(),
        trip_charge: dice.some(Dice::money),
        time_zone: dice.some(|_| "America/Denver".to_owned()),
        priority: i32::try_from(dice.below(3)).unwrap() - 1,
    }
}

fn schedule(dice: &mut Dice<'_>, n: usize, ids: &Ids) -> Schedule {
    let windows =
        [("08:00", 120), ("22:00", 240), ("22:00", 120), ("00:00", 1_440), ("20:00", 1_440)];
    let (start, duration) = dice.one(&windows);
    Schedule {
        slug: slug(WORDS[n]),
        name: if dice.chance(2) { WORDS[n].to_owned() } else { dice.text() },
        time_zone: "America/New_York".to_owned(),
        weekly_hours: WeeklyHours {
            mon: vec!["08:00-12:00".parse().unwrap(), "13:00-24:00".parse().unwrap()],
            ..WeeklyHours::default()
        },
        arrival_windows: dice
            .some(|_| Window { start: start.parse().unwrap(), duration })
            .into_iter()
            .collect(),
        overrides: dice
            .some(|dice| DateOverride {
                date: "2026-12-24".parse().unwrap(),
                closed: dice.chance(2),
                hours: vec!["09:00-10:00".parse().unwrap()],
                capacity: dice.some(|_| 3),
            })
            .into_iter()
            .collect(),
        holidays: dice.some(|dice| Holidays {
            country: "US".to_owned(),
            subdivision: dice.some(|_| "TX".to_owned()),
        }),
        capacity: Capacity {
            per_window: 1 + u32::try_from(dice.below(5)).unwrap(),
            per_day: dice.some(|_| 9),
            by_zone: dice.any(&ids.zones).into_iter().map(|it| (it, 2)).collect(),
            by_service: dice.any(&ids.services).into_iter().map(|it| (it, 3)).collect(),
        },
        lead_time_minutes: u32::try_from(dice.below(3)).unwrap() * 60,
        horizon_days: 30,
        buffer_minutes: u32::try_from(dice.below(3)).unwrap() * 5,
    }
}

fn category(dice: &mut Dice<'_>, n: usize) -> BookingAnswerCategory {
    let order = i32::try_from(dice.below(4)).unwrap() - 1;
    BookingAnswerCategory { slug: slug(WORDS[n]), content: dice.content(), order }
}

fn service(dice: &mut Dice<'_>, n: usize, ids: &Ids) -> BookingService {
    let (amount_minor, currency) = (dice.amount(200), "USD".parse().unwrap());
    BookingService {
        slug: slug(WORDS[n]),
        content: dice.content(),
        duration_minutes: 60,
        price: match dice.below(4) {
            0 => Price::Fixed { amount_minor, currency },
            1 => Price::Range { amount_minor, max_amount_minor: 900, currency },
            2 => Price::From { amount_minor, currency },
            _ => Price::Quote { currency },
        },
        dispatch_fee: dice.some(Dice::money),
        service_zone_ids: dice.any(&ids.zones),
        schedule_id: if ids.schedules.is_empty() {
            None
        } else {
            dice.some(|it| it.one(&ids.schedules))
        },
        skills: dice.some(Dice::text).into_iter().collect(),
        vendor_data: dice.some(|dice| match dice.below(3) {
            0 => VendorData::ServiceTitan {
                job_type_id: 7,
                business_unit_id: None,
                campaign_id: Some(-1),
            },
            1 => VendorData::Jobber { product_or_service_id: dice.text() },
            _ => VendorData::Webhook { values: BTreeMap::from([(dice.text(), dice.text())]) },
        }),
        status: if dice.chance(4) { ServiceStatus::Archived } else { ServiceStatus::Active },
        synced_at: None,
    }
}

/// Slugs may be there twice: nothing in a store forbids it.
fn question(dice: &mut Dice<'_>, n: usize, ids: &Ids, snapshot: &mut FlowSnapshot) {
    let kinds = [
        QuestionKind::SingleChoice,
        QuestionKind::SingleChoice,
        QuestionKind::MultiChoice,
        QuestionKind::Text,
        QuestionKind::Number,
        QuestionKind::Date,
        QuestionKind::Photo,
    ];
    let kind = dice.one(&kinds);
    let question_id = id(5, n);
    let mut own = Vec::new();
    for _ in 0..if kind.has_answers() { dice.below(4) } else { 0 } {
        let answer_id = id(6, snapshot.answers.len());
        let answer_kind = if dice.chance(3) {
            AnswerKind::ServiceReference { booking_service_id: dice.one(&ids.services) }
        } else {
            AnswerKind::Text {}
        };
        let category_id =
            if ids.categories.is_empty() { None } else { dice.some(|it| it.one(&ids.categories)) };
        let body = BookingQuestionAnswer {
            booking_question_id: question_id,
            slug: slug(WORDS[dice.below(WORDS.len())]),
            content: dice.content(),
            kind: answer_kind,
            category_id,
        };
        snapshot.answers.push(Identified { id: answer_id, body });
        own.push(answer_id);
    }
    if dice.chance(3) {
        own.reverse();
    }
    let body = BookingQuestion {
        slug: slug(WORDS[dice.below(WORDS.len())]),
        content: dice.content(),
        kind,
        is_required: !dice.chance(3),
        rules: ValueRules {
            min: dice.some(|_| -0.5),
            max: dice.some(|_| 60.0),
            max_length: dice.some(|_| 20),
            unit: dice.some(Dice::text),
            ..ValueRules::default()
        },
        answer_ids: own,
    };
    snapshot.questions.push(Identified { id: question_id, body });
}

/// Every question stands somewhere, mostly once; answers and services where they may, and now
/// and then where they may not.
fn graph(dice: &mut Dice<'_>, snapshot: &FlowSnapshot, ids: &Ids) -> ServiceGraph {
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    let mut node = |target| {
        nodes.push(GraphNode { id: id(8, nodes.len()), target });
        nodes.last().unwrap().id
    };
    let services: Vec<_> = dice
        .any(&ids.services)
        .into_iter()
        .map(|it| node(NodeTarget::Service { booking_service_id: it }))
        .collect();
    let mut questions = Vec::new();
    let mut leading = Vec::new();
    for question in &snapshot.questions {
        for _ in 0..=usize::from(dice.chance(5)) {
            let at = node(NodeTarget::Question { booking_question_id: question.id });
            questions.push(at);
            if question.body.kind.collects_data() {
                leading.push(at);
                continue;
            }
            for answer in &question.body.answer_ids {
                let target = NodeTarget::Answer { booking_question_answer_id: *answer };
                if dice.chance(9) {
                    continue;
                }
                let answer_at = node(target);
                edges.push((at, answer_at));
                let body = &snapshot.answers.iter().find(|it| it.id == *answer).unwrap().body;
                if matches!(body.kind, AnswerKind::Text {}) {
                    leading.push(answer_at);
                }
            }
        }
    }
    for from in leading {
        if !dice.chance(6) {
            let to = if dice.chance(2) && !services.is_empty() {
                dice.one(&services)
            } else {
                dice.one(&questions)
            };
            edges.push((from, to));
        }
    }
    let root = if dice.chance(9) { id(8, 900) } else { questions[0] };
    let all: Vec<_> = nodes.iter().map(|it| it.id).chain([id(8, 901), id(8, 902)]).collect();
    if dice.chance(6) {
        edges.push((dice.one(&all), dice.one(&all)));
        edges.push((dice.one(&all), dice.one(&all)));
    }
    if dice.chance(6) {
        edges.reverse();
    }
    let edges = edges.into_iter().enumerate().map(|(n, (from, to))| GraphEdge {
        id: id(9, n),
        source_node_id: from,
        target_node_id: to,
    });
    ServiceGraph { root_node_id: root, edges: edges.collect(), nodes }
}

fn steps(dice: &mut Dice<'_>, graph: ServiceGraph, ids: &Ids) -> Vec<BookingFlowStep> {
    let mut configs = vec![
        StepConfig::Zipcode(Zipcode {
            country: "US".to_owned(),
            zone_ids: dice.any(&ids.zones),
            outside_area: OutsideArea { action: OutsideAction::Stop, message: dice.text() },
        }),
        StepConfig::ServiceSelection(ServiceSelection { graph }),
        StepConfig::AdditionalDetails(AdditionalDetails {
            fields: (0..dice.below(3))
                .map(|n| DetailField {
                    key: format!("key_{n}"),
                    kind: DetailKind::Select,
                    label: dice.text(),
                    required: dice.chance(2),
                    rules: ValueRules::default(),
                    options: vec![dice.text(), dice.text()],
                })
                .collect(),
            ..AdditionalDetails::default()
        }),
        StepConfig::TimeslotSelection(TimeslotSelection {
            mode: model::step::TimeslotMode::Exact,
            horizon_days: dice.some(|_| 14),
            lead_time_minutes: None,
            offer_first_available: dice.chance(2),
            call_to_book: dice
                .some(|dice| CallToBook { phone: dice.text(), when: CallWhen::NoSlots }),
            hold_minutes: 9 + u32::try_from(dice.below(3)).unwrap(),
        }),
        StepConfig::CustomerInfo(CustomerInfo {
            consents: dice
                .some(|dice| ConsentConfig {
                    key: dice.text(),
                    text: dice.text(),
                    required: false,
                    url: None,
                })
                .into_iter()
                .collect(),
            ..CustomerInfo::default()
        }),
        StepConfig::Summary(Summary {
            terms: dice.some(Dice::text),
            deposit: dice.some(|_| Deposit::Percent { amount: 20 }),
            ..Summary::default()
        }),
        StepConfig::Confirmation(Confirmation {
            message: dice.text(),
            redirect_url: None,
            add_to_calendar: dice.chance(2),
            show_reference: dice.chance(2),
        }),
    ];
    if dice.chance(5) {
        configs.remove(dice.below(configs.len()));
    }
    if dice.chance(5) {
        let last = configs.len() - 1;
        configs.swap(0, last);
    }
    configs
        .into_iter()
        .map(|config| BookingFlowStep {
            booking_flow_id: id(0, 0),
            content: dice.content(),
            config,
        })
        .collect()
}
