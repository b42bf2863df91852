import type { Field as FieldSpec, Question } from "../api";
import { numberOf } from "../fields";
import { AnyField } from "./any-field";
import type { ChoicesProps } from "./choices";
import { useAnyForm, useLaterStep } from "./later-context";
import { MultiChoice } from "./multi-choice";
import { Primary } from "./parts";
import { Uploads } from "./uploads";

interface OtherQuestionProps extends ChoicesProps {
  given: string;
  error: string | null;
  onChange(ids: string[]): void;
}

/** Every kind of question but the single choice. */
export function OtherQuestion({ given, ...props }: OtherQuestionProps) {
  const { question, onChoose } = props;
  if (question.kind === "multi_choice") return <MultiChoice {...props} />;
  if (question.kind === "photo") return <Uploads onDone={() => onChoose([])} />;
  return <WrittenAnswer question={question} given={given} />;
}

function WrittenAnswer({ question, given }: { question: Question; given: string }) {
  const { conversation, state, t } = useLaterStep();
  const { kind, rules, required } = question;
  const long = kind === "text" && (rules?.max_length ?? 1000) > 120;
  const field: FieldSpec = {
    key: "value",
    kind: kind === "number" ? "number" : long ? "textarea" : "text",
    label: question.title,
    required,
    rules,
  };
  const form = useAnyForm([field], { value: given });
  const send = (written: string) => {
    const node_id = question.node_id;
    conversation.send(
      written
        ? {
            type: "answer_question",
            node_id,
            value: kind === "number" ? numberOf(written) : written,
          }
        : { type: "answer_question", node_id, answer_ids: [] },
    );
  };
  const value = String(form.values.value ?? "");
  return (
    <form
      ref={form.ref}
      noValidate
      onSubmit={(event) => form.submit(event, () => send(value.trim()))}
    >
      <AnyField field={field} form={form} titled large={!long} date={kind === "date"} />
      <div class="actions">
        <Primary busy={state.busy?.type === "answer_question"}>
          {required || value ? t.continue : t.skip}
        </Primary>
      </div>
    </form>
  );
}
