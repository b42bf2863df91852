use adapters::mail::{BookingConfirmed, Template};
use model::{
    Id, Timestamp,
    availability::timeslot_label,
    content::Address,
    core::{EmailAddress, EmailAttachment, EmailRecipient},
    flow::CompiledFlow,
    scheduler::Booking,
};

use super::calendar;

/// The mail that tells a customer of their booking.
pub(super) struct Confirmation {
    pub(super) to: EmailRecipient,
    pub(super) template: Template,
    pub(super) attachments: Vec<EmailAttachment>,
}

impl Confirmation {
    /// `None` when they gave no address for it.
    pub(super) fn of(
        flow: &CompiledFlow,
        id: Id<Booking>,
        booking: &Booking,
        at: Timestamp,
    ) -> Option<Self> {
        let customer = &booking.customer;
        let email: EmailAddress = customer.email.as_deref()?.parse().ok()?;
        let service = flow.service(booking.booking_service_id)?.content.title.clone();
        let address = booking.address.as_ref().map(Address::line);
        let timeslot = booking.timeslot.as_ref();
        let entry = timeslot
            .map(|it| calendar::entry(id, booking, it, &service, address.as_deref(), at))
            .map(|text| EmailAttachment {
                filename: "booking.ics".to_owned(),
                mime_type: "text/calendar; charset=utf-8".to_owned(),
                file_id: None,
                inline: Some(text),
            });
        let template = Template::BookingConfirmed(BookingConfirmed {
            first_name: customer.first_name.clone(),
            reference: booking.reference.to_string(),
            service,
            when: timeslot.map(|it| format!("{} ({})", timeslot_label(it), it.time_zone)),
            address,
            manage_link: None,
        });
        let name = format!("{} {}", customer.first_name, customer.last_name);
        let name = name.trim().chars().take(200).collect();
        let to = EmailRecipient { email, name: Some(name) };
        Some(Self { to, template, attachments: entry.into_iter().collect() })
    }
}
