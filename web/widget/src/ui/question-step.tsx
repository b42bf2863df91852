import { placeOf } from "../conversation";
import { SingleChoice } from "./choices";
import { useStep } from "./context";
import { Heading, Notice, Said, Skeleton } from "./parts";
import { laterScreens } from "./screen";

/** One question of the service selection. */
export function QuestionStep() {
  const { conversation, state, view, t } = useStep();
  const question = view.question;
  if (!question) return <Skeleton />;
  const place = placeOf(view);
  const draft = conversation.memory.draft(place)?.chosen;
  const given = view.selections.answers?.find((answer) => answer.node_id === question.node_id);
  const chosen = Array.isArray(draft) ? draft : (given?.answer_ids ?? []);
  const error = state.errors[0]?.message ?? null;
  const answer = (answer_ids: string[]) =>
    conversation.send({ type: "answer_question", node_id: question.node_id, answer_ids });
  const Later = laterScreens();
  const text =
    question.description ??
    (question.kind === "multi_choice" ? t.chooseAll : view.step.description);

  return (
    <>
      <Heading title={question.title} text={text} />
      <Said />
      {question.kind === "single_choice" && (
        <>
          {error && <Notice tone="alert">{error}</Notice>}
          <SingleChoice question={question} chosen={chosen} onChoose={answer} />
        </>
      )}
      {question.kind !== "single_choice" &&
        (Later ? (
          <Later.OtherQuestion
            question={question}
            chosen={chosen}
            given={given?.text ?? ""}
            error={error}
            onChange={(ids) => conversation.memory.keepDraft(place, { chosen: ids })}
            onChoose={answer}
          />
        ) : (
          <Skeleton rows={2} />
        ))}
    </>
  );
}
