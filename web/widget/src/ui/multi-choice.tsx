import { useState } from "preact/hooks";
import { CardText, type ChoicesProps, Groups } from "./choices";
import { useLaterStep } from "./later-context";
import { Primary } from "./parts";
import { Picture } from "./pictures";

/** Several of several, then on. */
export function MultiChoice({
  question,
  chosen,
  onChange,
  onChoose,
  error,
}: ChoicesProps & { onChange(ids: string[]): void; error: string | null }) {
  const { state, t } = useLaterStep();
  const [ids, setIds] = useState(chosen);
  const [missing, setMissing] = useState(false);
  const message = missing && !ids.length ? t.mustChoose : error;
  const toggle = (id: string) => {
    const next = ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id];
    setIds(next);
    onChange(next);
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (question.required && !ids.length) setMissing(true);
        else onChoose(ids);
      }}
    >
      <div class="choices" data-digits>
        <Groups answers={question.answers} role="group" label={question.title}>
          {(answer, at) => (
            <label key={answer.id} class="card" data-digit={at + 1}>
              <input
                type="checkbox"
                checked={ids.includes(answer.id)}
                onChange={() => toggle(answer.id)}
              />
              {answer.icon && <Picture icon={answer.icon} />}
              <CardText answer={answer} />
            </label>
          )}
        </Groups>
      </div>
      {message && (
        <p class="error" role="alert">
          {message}
        </p>
      )}
      <div class="actions">
        <Primary busy={state.busy?.type === "answer_question"}>
          {question.required || ids.length ? t.continue : t.skip}
        </Primary>
      </div>
    </form>
  );
}
