//! The flow files of the tests.

use model::flow::file::FlowFile;

/// Every kind of step, two services behind two questions, arrival windows.
const VISITS: &str = r#"
wrkbelt: flow/1
flow: { slug: visits, title: Book a visit }
services:
  repair: { title: AC repair, duration_minutes: 120, price: { kind: from, amount_minor: 8900, currency: USD }, schedule: field }
  drain:  { title: Drain cleaning, duration_minutes: 90, price: { kind: fixed, amount_minor: 14900, currency: USD }, schedule: field }
zones:
  metro: { title: Metro, country: US, postal_codes: ["30305", "30309"] }
schedules:
  field:
    time_zone: America/New_York
    weekly_hours: { mon: ["08:00-16:00"], tue: ["08:00-16:00"], wed: ["08:00-16:00"], thu: ["08:00-16:00"], fri: ["08:00-16:00"] }
    arrival_windows: ["08:00-10:00", "10:00-12:00", "13:00-15:00"]
    capacity: { per_window: CAPACITY }
    lead_time_minutes: 60
    horizon_days: 30
questions:
  need:
    title: What can we help with?
    kind: single_choice
    answers:
      cooling: { title: It is not cooling, next: age }
      drain:   { title: A blocked drain, service: drain }
  age:
    title: How old is the system?
    kind: number
    rules: { min: 0, max: 60 }
    next: { service: repair }
steps:
  - { type: zipcode, title: "Where are you?", zones: [metro], outside_area: { action: stop, message: Not here yet. } }
  - { type: service_selection, title: "What do you need?", start: need }
  - { type: additional_details, title: "Anything else?", fields: [ { key: notes, kind: textarea, label: Notes, required: false }, { key: dog, kind: checkbox, label: A dog is at home, required: false } ] }
  - { type: timeslot_selection, title: "When?", mode: arrival_window, hold_minutes: 10 }
  - { type: customer_info, title: "Who are you?", fields: { name: required, email: required, phone: required, address: required }, consents: [ { key: texts, text: You may text me., required: true } ] }
  - { type: summary, title: Check and book }
  - { type: confirmation, title: Thank you, message: See you soon. }
"#;

/// Appointments at exact times, of two lengths, one at a time with a buffer after each.
const APPOINTMENTS: &str = r#"
wrkbelt: flow/1
flow: { slug: appointments, title: Book an appointment }
services:
  long:  { title: Long talk, duration_minutes: 60, price: { kind: free, currency: USD }, schedule: office }
  short: { title: Short talk, duration_minutes: 20, price: { kind: free, currency: USD }, schedule: office }
schedules:
  office:
    time_zone: America/Chicago
    weekly_hours: { tue: ["09:00-12:00"] }
    capacity: { per_window: 1 }
    lead_time_minutes: 0
    horizon_days: 3
    buffer_minutes: 15
questions:
  length:
    title: How much is there to say?
    kind: single_choice
    answers:
      long:  { title: A lot, service: long }
      short: { title: A little, service: short }
steps:
  - { type: service_selection, title: "What is it about?", start: length }
  - { type: timeslot_selection, title: "When?", mode: exact }
  - { type: customer_info, title: "Who are you?", fields: { name: required, email: required, phone: hidden, address: hidden } }
  - { type: summary, title: Check and book }
  - { type: confirmation, title: Thank you, message: See you soon. }
"#;

/// [`VISITS`] with so many seats in each window.
pub(crate) fn visits(capacity: u32) -> FlowFile {
    FlowFile::parse(&visits_text(capacity)).unwrap()
}

/// The text of [`visits`], to be changed.
pub(crate) fn visits_text(capacity: u32) -> String {
    VISITS.replace("CAPACITY", &capacity.to_string())
}

/// [`VISITS`] with seats limited by the day, not by the window.
pub(crate) fn visits_per_day(per_day: u32) -> FlowFile {
    let text =
        VISITS.replace("per_window: CAPACITY", &format!("per_window: 9, per_day: {per_day}"));
    FlowFile::parse(&text).unwrap()
}

/// [`APPOINTMENTS`].
pub(crate) fn appointments() -> FlowFile {
    FlowFile::parse(APPOINTMENTS).unwrap()
}

/// As [`visits`], where two texts can be added to the details.
pub(crate) fn visits_with_files() -> FlowFile {
    let media = "media: { enabled: true, max_files: 2, max_bytes: 100, mime_types: [text/plain] }";
    let text = VISITS.replace("CAPACITY", "1");
    let with_media =
        text.replace("fields: [ { key: notes", &format!("{media}, fields: [ {{ key: notes"));
    assert_ne!(with_media, text);
    FlowFile::parse(&with_media).unwrap()
}
