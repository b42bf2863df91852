import { useLaterStep } from "./later-context";
import { CallLink, PlainScreen, Primary } from "./parts";

/** The session is over without a booking. */
export function Ended() {
  const { conversation, state, view, t, scheduler } = useLaterStep();
  const number = scheduler.organization.phone;
  const startOver = () => conversation.startOver();
  if (view.status === "abandoned")
    return (
      <PlainScreen icon="clock" title={t.left} text={t.leftText}>
        <Primary
          busy={state.busy?.type === "resume"}
          onClick={() => conversation.send({ type: "resume" })}
        >
          {t.resume}
        </Primary>
        <button type="button" class="secondary" onClick={startOver}>
          {t.startOver}
        </button>
      </PlainScreen>
    );
  if (view.status === "rejected")
    return (
      <PlainScreen icon="info" title={t.rejected} text={view.message?.text ?? t.rejectedText}>
        {number && <CallLink number={number} />}
        <button type="button" class="secondary" onClick={startOver}>
          {t.startOver}
        </button>
      </PlainScreen>
    );
  return (
    <PlainScreen icon="clock" title={t.ended} text={view.message?.text ?? t.endedText}>
      <Primary onClick={startOver}>{t.startOver}</Primary>
      {number && <CallLink number={number} />}
    </PlainScreen>
  );
}
