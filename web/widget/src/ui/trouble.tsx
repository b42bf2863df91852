import { useEffect } from "preact/hooks";
import { useWidget } from "./context";
import { CallLink, PlainScreen, Primary } from "./parts";

/** The server cannot be reached: says so, and tries again by itself when the network is back. */
export function NetworkTrouble() {
  const { conversation, state, t } = useWidget();
  useEffect(() => {
    const again = () => conversation.retry();
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, [conversation]);
  const offline = !navigator.onLine;
  const number = state.scheduler?.organization.phone;
  return (
    <PlainScreen
      icon="alert"
      title={offline ? t.offline : t.unreachable}
      text={offline ? t.offlineText : t.unreachableText}
    >
      <Primary onClick={() => conversation.retry()}>{t.retry}</Primary>
      {number && <CallLink number={number} />}
    </PlainScreen>
  );
}

export function Paused() {
  const { state, t } = useWidget();
  const number = state.scheduler?.organization.phone;
  return (
    <PlainScreen icon="clock" title={t.paused} text={t.pausedText}>
      {number && <CallLink number={number} />}
    </PlainScreen>
  );
}
