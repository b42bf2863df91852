import type { ComponentChildren } from "preact";
import type { Address, Command, Service } from "../api";
import { clock, duration } from "../dates";
import { phone } from "../format";
import { money, price } from "../money";
import { useLaterStep } from "./later-context";
import { Heading, Notice, Primary } from "./parts";

/** Everything at a glance, with a way back to each part. */
export function SummaryStep() {
  const { conversation, state, view, t, locale } = useLaterStep();
  const { selections, step } = view;
  const { service, timeslot, customer, zip } = selections;
  const answers = (selections.answers ?? []).filter((answer) => answer.text);
  const details = Object.entries(selections.details ?? {}).filter(
    ([, v]) => v !== "" && v !== false,
  );
  const config = step.config ?? {};
  const error = state.notice ?? state.errors[0]?.message;

  const edit = (type: string, node?: string) => {
    if (!view.can_go_back) return undefined;
    const to_step_id = conversation.stepId(type);
    const command: Command = node
      ? { type: "go_back", to_node_id: node }
      : { type: "go_back", ...(to_step_id && { to_step_id }) };
    return () => conversation.send(command);
  };

  return (
    <>
      <Heading title={step.title} text={step.description} />
      {view.message && <Notice tone="alert">{view.message.text}</Notice>}
      {error && <Notice tone="alert">{error}</Notice>}
      <dl class="summary">
        {service && (
          <ServiceRow service={service} onEdit={edit("service_selection", answers[0]?.node_id)} />
        )}
        {answers.length > 0 && (
          <Row label={t.answers} onEdit={edit("service_selection", answers.at(-1)?.node_id)}>
            {answers.map((answer) => (
              <span key={answer.node_id}>
                <small>{answer.question}</small>
                {answer.text}
              </span>
            ))}
          </Row>
        )}
        <Row label={t.when} onEdit={timeslot ? edit("timeslot_selection") : undefined}>
          <strong>{timeslot?.label ?? t.toBeAgreed}</strong>
          {timeslot?.held_until && (
            <span class="muted">
              {t.timeHeld(clock(timeslot.held_until, timeslot.time_zone, locale))}
            </span>
          )}
        </Row>
        {(customer?.address || zip) && (
          <Row label={t.where} onEdit={edit(customer?.address ? "customer_info" : "zipcode")}>
            {customer?.address ? (
              addressLines(customer.address).map((line) => <span key={line}>{line}</span>)
            ) : (
              <span>{zip}</span>
            )}
          </Row>
        )}
        {customer && (
          <Row label={t.who} onEdit={edit("customer_info")}>
            <span>
              {customer.first_name} {customer.last_name}
            </span>
            {customer.email && <span>{customer.email}</span>}
            {customer.phone && <span>{phone(customer.phone)}</span>}
          </Row>
        )}
        {details.length > 0 && (
          <Row label={t.details} onEdit={edit("additional_details")}>
            {details.map(([key, value]) => (
              <span key={key}>
                <small>{words(key)}</small>
                {value === true ? t.yes : String(value)}
              </span>
            ))}
          </Row>
        )}
      </dl>
      <Costs />
      {config.terms && <p class="small">{config.terms}</p>}
      <div class="actions">
        <Primary
          busy={state.busy?.type === "confirm"}
          onClick={() => conversation.send({ type: "confirm" })}
        >
          {timeslot ? t.confirm : t.request}
        </Primary>
      </div>
    </>
  );
}

function Costs() {
  const { view, t, locale } = useLaterStep();
  const { service } = view.selections;
  const { show_price, show_dispatch_fee } = view.step.config ?? {};
  const shownPrice = show_price !== false && service?.price ? service.price : null;
  const fee =
    show_dispatch_fee !== false && service?.dispatch_fee?.amount_minor
      ? service.dispatch_fee
      : null;
  if (!shownPrice && !fee) return null;
  return (
    <dl class="costs">
      {fee && (
        <div>
          <dt>{t.dispatchFee}</dt>
          <dd>{money(fee, locale)}</dd>
        </div>
      )}
      {shownPrice && (
        <div class="total">
          <dt>{t.price}</dt>
          <dd>{price(shownPrice, locale, t)}</dd>
        </div>
      )}
    </dl>
  );
}

export function ServiceRow({ service, onEdit }: { service: Service; onEdit?: RowProps["onEdit"] }) {
  const { t, locale } = useLaterStep();
  return (
    <Row label={t.what} onEdit={onEdit}>
      <strong>{service.title}</strong>
      {service.duration_minutes ? <span>{duration(service.duration_minutes, locale)}</span> : null}
    </Row>
  );
}

interface RowProps {
  label: string;
  onEdit?: (() => void) | undefined;
  children: ComponentChildren;
}

export function Row({ label, onEdit, children }: RowProps) {
  const { t } = useLaterStep();
  return (
    <div class="row">
      <dt>{label}</dt>
      <dd>
        <span class="row-text">{children}</span>
        {onEdit && (
          <button type="button" class="link" aria-label={t.changeWhat(label)} onClick={onEdit}>
            {t.change}
          </button>
        )}
      </dd>
    </div>
  );
}

export function addressLines(address: Address): string[] {
  const { street, unit, city, region, postal_code } = address;
  return [
    [street, unit].filter(Boolean).join(", "),
    [city, [region, postal_code].filter(Boolean).join(" ")].filter(Boolean).join(", "),
  ].filter(Boolean);
}

/** "gate_code" → "Gate code". */
function words(key: string): string {
  const text = key.replace(/[_-]+/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
