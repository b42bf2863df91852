import { useState } from "preact/hooks";
import type { Day, Slot } from "../api";
import { day as dayText, zoneName } from "../dates";
import { DayStrip } from "./day-strip";
import { Icon } from "./icons";
import { useLaterStep } from "./later-context";
import { CallLink, Heading, Notice, Skeleton, Spinner } from "./parts";
import { byPartOfDay, type Slots, useSlots } from "./slots";

const LOST = ["timeslot_lost", "timeslot_expired"];
const MANY_SLOTS = 8;

/** When? The first free time on top, then the days, then the windows of one day. */
export function TimeslotStep() {
  const { conversation, state, view, t, locale, scheduler } = useLaterStep();
  const config = view.step.config ?? {};
  const timeZone = scheduler.organization.time_zone;
  const slots = useSlots(timeZone);
  const { timeslot, timeslot_preference } = view.selections;
  const kept = timeslot?.start;
  const [date, setDate] = useState(kept ? null : timeslot_preference);
  const [lost, setLost] = useState(
    view.message && LOST.includes(view.message.code) ? view.message.text : null,
  );
  const free = slots.days.filter((day) => day.slots.length);
  const keptDay = free.find((day) => day.slots.some((slot) => slot.start === kept));
  const shown = free.find((day) => day.date === date) ?? keptDay ?? free[0];
  const first = free[0]?.slots[0];
  const call = config.call_to_book;

  const choose = async (slot: Slot) => {
    if (state.busy?.type === "select_timeslot") return;
    setLost(null);
    await conversation.send({ type: "select_timeslot", start: slot.start });
    const { view: now, trouble, notice, errors } = conversation.state;
    if (trouble || now?.step.type !== "timeslot_selection") return;
    setLost(now.message?.text ?? errors[0]?.message ?? notice ?? t.timeLost);
    await slots.reload();
  };
  const more = async (from?: string) => {
    const next = await slots.more(from);
    if (next) setDate(next.date);
  };

  return (
    <>
      <Heading title={view.step.title} text={view.step.description} />
      {lost && <Notice tone="alert">{lost}</Notice>}
      {slots.loading && !slots.days.length ? (
        <Skeleton rows={3} />
      ) : !shown ? (
        <NoTimes slots={slots} onJump={more} />
      ) : (
        <>
          {config.offer_first_available && first && free[0] && (
            <FirstAvailable day={free[0]} slot={first} onChoose={choose} />
          )}
          <DayStrip
            days={slots.days}
            chosen={shown.date}
            onChoose={setDate}
            onMore={
              slots.loading || (!slots.nextAvailable && lastDaysEmpty(slots.days))
                ? null
                : () => more()
            }
          />
          <Windows day={shown} timeZone={timeZone} onChoose={choose} />
          <p class="small">{t.timesIn(zoneName(timeZone, locale))}</p>
          {call?.when === "emergency" && (
            <div class="aside">
              <span>{t.urgent}</span>
              <CallLink number={call.phone} />
            </div>
          )}
        </>
      )}
      {state.busy?.type === "view_timeslots" && slots.days.length > 0 && (
        <span class="unseen" role="status">
          {t.findingTimes}
        </span>
      )}
    </>
  );
}

/** Two empty weeks with nothing announced behind them: there is no more to show. */
function lastDaysEmpty(days: Day[]): boolean {
  return days.slice(-14).every((day) => !day.slots.length);
}

interface ChooseProps {
  day: Day;
  onChoose(slot: Slot): void;
}

function FirstAvailable({ day, slot, onChoose }: ChooseProps & { slot: Slot }) {
  const { t, state, locale } = useLaterStep();
  return (
    <button type="button" class="card first" onClick={() => onChoose(slot)}>
      <span class="lead-icon">
        <Icon name="clock" />
      </span>
      <span class="card-text">
        <span class="card-description">{t.firstAvailable}</span>
        <span class="card-title">
          {dayText(day.date, locale)}, {slot.label}
        </span>
      </span>
      {going(state.busy, slot) ? <Spinner /> : <Icon name="forward" />}
    </button>
  );
}

function Windows({ day, timeZone, onChoose }: ChooseProps & { timeZone: string }) {
  const { t, state, view, locale } = useLaterStep();
  const title = dayText(day.date, locale, "long");
  const many = day.slots.length > MANY_SLOTS;
  const groups: [string | null, Slot[]][] = many
    ? byPartOfDay(day.slots, timeZone).map(([part, some]) => [t[part], some])
    : [[null, day.slots]];
  return (
    <section class="windows" aria-label={t.timesOn(title)}>
      <h3>{title}</h3>
      {groups.map(([part, some]) => (
        <div key={part}>
          {part && <h4>{part}</h4>}
          <div class={`slots ${many ? "many" : ""}`}>
            {some.map((slot) => (
              <button
                key={slot.start}
                type="button"
                class={`slot ${going(state.busy, slot) ? "going" : ""}`}
                aria-pressed={view.selections.timeslot?.start === slot.start}
                onClick={() => onChoose(slot)}
              >
                <span>{slot.label}</span>
                {going(state.busy, slot) ? (
                  <Spinner />
                ) : (
                  slot.seats_left === 1 && <small>{t.seatsLeft(slot.seats_left)}</small>
                )}
              </button>
            ))}
          </div>
        </div>
      ))}
    </section>
  );
}

function going(busy: { type: string; start?: string } | null, slot: Slot): boolean {
  return busy?.type === "select_timeslot" && busy.start === slot.start;
}

function NoTimes({ slots, onJump }: { slots: Slots; onJump(date: string): void }) {
  const { t, view, scheduler, locale } = useLaterStep();
  const next = slots.nextAvailable;
  const number = view.step.config?.call_to_book?.phone ?? scheduler.organization.phone;
  const named = next && dayText(next, locale, "long");
  return (
    <div class="empty">
      <span class="medallion">
        <Icon name="calendar" />
      </span>
      <h3>{t.noTimes}</h3>
      <p class="lead">{named ? t.noTimesNext(named) : (view.message?.text ?? t.noTimesAtAll)}</p>
      <div class="actions">
        {next && named && (
          <button type="button" class="primary" onClick={() => onJump(next)}>
            {t.showDay(named)}
          </button>
        )}
        {number && <CallLink number={number} />}
      </div>
    </div>
  );
}
