import { googleCalendarUrl, icsFile } from "../calendar";
import { phone } from "../format";
import { reference } from "../reference";
import { Icon } from "./icons";
import { useLaterStep } from "./later-context";
import { Heading } from "./parts";
import { addressLines, Row, ServiceRow } from "./summary-step";

/** Done: what, when, where, the reference, the calendar, and what happens next. */
export function Confirmation() {
  const { conversation, view, t, scheduler } = useLaterStep();
  const { organization } = scheduler;
  const { service, customer } = view.selections;
  const { booking } = view;
  const config = view.step.config ?? {};
  const timeslot = booking?.timeslot ?? view.selections.timeslot;
  const where = customer?.address ? addressLines(customer.address) : [];
  const code = booking?.reference ?? "";
  return (
    <div class="done">
      <span class="medallion good">
        <Icon name="check" />
      </span>
      <Heading title={view.step.title || (timeslot ? t.booked : t.requested)} />
      {config.show_reference !== false && code && (
        <p class="reference">
          <span class="small">{t.reference}</span>
          <strong>
            <span aria-hidden="true">{reference(code)}</span>
            <span class="unseen">{code.split("").join(" ")}</span>
          </strong>
        </p>
      )}
      <dl class="summary">
        {service && <ServiceRow service={service} />}
        <Row label={t.when}>
          <strong>{timeslot?.label ?? t.toBeAgreed}</strong>
        </Row>
        {where.length > 0 && (
          <Row label={t.where}>
            {where.map((line) => (
              <span key={line}>{line}</span>
            ))}
          </Row>
        )}
      </dl>
      {timeslot && config.add_to_calendar !== false && (
        <AddToCalendar
          id={booking?.id ?? code}
          title={`${service?.title ?? scheduler.title} – ${organization.name}`}
          start={timeslot.start}
          end={timeslot.end}
          location={where.join(", ")}
          description={`${t.reference}: ${code}${organization.phone ? `\n${phone(organization.phone)}` : ""}`}
        />
      )}
      <section class="next">
        <h3>{t.whatNext}</h3>
        {config.message && <p class="muted">{config.message}</p>}
        {organization.phone && (
          <p>
            <a href={`tel:${organization.phone}`}>{t.toChange(phone(organization.phone))}</a>
          </p>
        )}
      </section>
      <div class="actions">
        {config.redirect_url && /^https?:/.test(config.redirect_url) && (
          <a class="primary" href={config.redirect_url}>
            {t.continue}
          </a>
        )}
        <button type="button" class="secondary" onClick={() => conversation.startOver()}>
          {t.bookAnother}
        </button>
      </div>
    </div>
  );
}

function AddToCalendar(appointment: Parameters<typeof icsFile>[0]) {
  const { t } = useLaterStep();
  const download = () => {
    const url = URL.createObjectURL(new Blob([icsFile(appointment)], { type: "text/calendar" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = "booking.ics";
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <div class="calendar" role="group" aria-label={t.addToCalendar}>
      <span class="small">{t.addToCalendar}</span>
      <button type="button" class="secondary" onClick={download}>
        <Icon name="calendar" />
        {t.calendarFile}
      </button>
      <a
        class="secondary"
        href={googleCalendarUrl(appointment)}
        target="_blank"
        rel="noopener"
        aria-label={`${t.googleCalendar} (${t.newTab})`}
      >
        <Icon name="external" />
        {t.googleCalendar}
      </a>
    </div>
  );
}
