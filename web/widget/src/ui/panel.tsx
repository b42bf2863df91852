import { placeOf } from "../conversation";
import { phone } from "../format";
import { useWidget } from "./context";
import { Icon } from "./icons";
import { Skeleton } from "./parts";
import { fetchLater, Screen, usePart } from "./screen";
import { NetworkTrouble, Paused } from "./trouble";

/** The frame around every step: back arrow, progress, the step itself, and the visit so far. */
export function Panel({ onClose }: { onClose?: () => void }) {
  const { state, engaged } = useWidget();
  const { view, scheduler, trouble } = state;
  const ready = !!view && !!scheduler;
  const place = trouble ?? (view ? `${view.status}:${placeOf(view)}` : "loading");
  const engage = () => {
    engaged.current = true;
  };
  return (
    <section
      class="panel"
      onKeyDown={chooseByDigit}
      onKeyDownCapture={engage}
      onPointerDownCapture={engage}
    >
      <Top {...(onClose && { onClose })} />
      <div class="body">
        <div class="screen" key={place}>
          {trouble === "network" ? (
            <NetworkTrouble />
          ) : trouble === "paused" ? (
            <Paused />
          ) : ready ? (
            <Screen />
          ) : (
            <Skeleton />
          )}
        </div>
      </div>
      {ready && !trouble && <Visit />}
      <Announcer />
    </section>
  );
}

/** The visit so far, as soon as what draws it has come. */
function Visit() {
  const later = usePart(fetchLater);
  return later && <later.VisitSoFar />;
}

function Top({ onClose }: { onClose?: () => void }) {
  const { conversation, state, t, mode } = useWidget();
  const { view, scheduler, trouble } = state;
  const active = view?.status === "active" && !trouble;
  const back = active && view.can_go_back && view.allowed.includes("go_back");
  const { step, of } = view?.progress ?? { step: 0, of: 0 };
  const share = view?.status === "completed" ? 1 : of ? (step - 0.5) / of : 0;
  const organization = scheduler?.organization;
  return (
    <div class="top">
      <div class="bar">
        <span class="bar-start">
          {back && (
            <button
              type="button"
              class="round"
              aria-label={t.back}
              onClick={() => conversation.send({ type: "go_back" })}
            >
              <Icon name="back" />
            </button>
          )}
        </span>
        <span class="bar-middle">
          {mode !== "inline" &&
            (scheduler?.brand.logo_url ? (
              <img class="logo" src={scheduler.brand.logo_url} alt={organization?.name ?? ""} />
            ) : (
              <strong>{organization?.name}</strong>
            ))}
          {active && of > 0 && <span class="step-of">{t.stepOf(step, of)}</span>}
        </span>
        <span class="bar-end">
          {organization?.phone && (
            <a
              class="round"
              href={`tel:${organization.phone}`}
              aria-label={t.call(phone(organization.phone))}
            >
              <Icon name="phone" />
            </a>
          )}
          {onClose && (
            <button type="button" class="round" aria-label={t.close} onClick={onClose}>
              <Icon name="close" />
            </button>
          )}
        </span>
      </div>
      <div
        class={`progress ${state.busy ? "busy" : ""}`}
        role="progressbar"
        aria-label={t.progress}
        aria-valuemin={0}
        aria-valuemax={of || 1}
        aria-valuenow={view?.status === "completed" ? of : step}
        aria-valuetext={of ? t.stepOf(step, of) : t.loading}
      >
        <span class="progress-bar" style={{ inlineSize: `${share * 100}%` }} />
      </div>
    </div>
  );
}

/** Tells screen readers of each new step, and of a wait. */
function Announcer() {
  const { state, t } = useWidget();
  const { view, trouble } = state;
  const words = !view || trouble ? "" : t.stepOf(view.progress.step, view.progress.of);
  const title = view?.question?.title ?? view?.step.title ?? "";
  return (
    <p class="unseen" aria-live="polite">
      {view?.status === "active" && words ? `${words}: ${title}` : ""}
    </p>
  );
}

/** Digits choose an answer, unless something is being typed. */
function chooseByDigit(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const typing = target.matches("textarea,select,input:not([type=checkbox])");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key))
    return;
  const panel = event.currentTarget as HTMLElement;
  panel.querySelector<HTMLElement>(`[data-digits] [data-digit="${event.key}"]`)?.click();
}
