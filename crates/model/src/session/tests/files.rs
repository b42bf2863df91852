use serde_json::{Value, json};

use super::{
    Given, Scene, check,
    scene::{id, say},
};
use crate::session::{EventData, Input, booking};

const MEDIA: (&str, &str) = (
    "    title: Details\n",
    "    title: Details\n    media: { enabled: true, max_files: 2, max_bytes: 3000000, mime_types: [\"image/*\"] }\n",
);
const CHOSEN: &str = "ANSWER_SELECTED SERVICE_SELECTED STEP_COMPLETED STEP_ENTERED";

fn at_picture(more: &[Input]) -> Given<'static> {
    let inputs =
        [say::zip(), say::answer("need", "unusual"), say::value("describe", "a blue thing")];
    Given::on(inputs.into_iter().chain(more.iter().cloned()).collect())
}

fn at_details(more: &[Input]) -> Given<'static> {
    let inputs = [say::zip(), say::answer("need", "drain")];
    let inputs = inputs.into_iter().chain(more.iter().cloned()).collect();
    Given { changes: &[MEDIA], inputs }
}

fn files(scene: &Scene) -> Vec<String> {
    scene.view().selections.files.into_iter().map(|it| it.filename).collect()
}

#[test]
fn a_photo_question_is_answered_by_the_photos_that_were_added() {
    let scene = check(at_picture(&[]), &say::photo(1), "FILE_ATTACHED");
    assert_eq!(files(&scene), ["1.jpg"]);
    let ids = json!([say::file_id(1), say::file_id(2)]);
    for value in [Value::Null, ids.clone()] {
        let given = at_picture(&[say::photo(1), say::photo(2)]);
        let scene = check(given, &say::value("picture", value), CHOSEN);
        let answer = scene.view().selections.answers.pop().unwrap();
        assert_eq!((answer.value, answer.text.as_str()), (Some(ids.clone()), "2 photos"));
    }
    for other in [json!(["a"]), json!("1.jpg"), json!([say::file_id(1)])] {
        let given = at_picture(&[say::photo(1), say::photo(2)]);
        check(given, &say::value("picture", other), "Invalid value:photo");
    }
}

#[test]
fn a_required_photo_question_wants_one() {
    let changes = [("kind: photo\n    required: false", "kind: photo")];
    let inputs = || at_picture(&[]).inputs;
    let given = Given { changes: &changes, inputs: inputs() };
    check(given, &say::value("picture", Value::Null), "Invalid value:required");
    let inputs = inputs().into_iter().chain([say::photo(1)]).collect();
    let given = Given { changes: &changes, inputs };
    check(given, &say::value("picture", Value::Null), CHOSEN);
}

#[test]
fn only_as_many_files_of_the_right_kind_and_size_are_taken() {
    let two = [say::photo(1), say::photo(2)];
    check(at_details(&two), &say::photo(3), "Invalid file_id:count");
    check(at_details(&two), &say::photo(2), "");
    check(at_details(&[]), &say::attach(1, "application/pdf", 1), "Invalid file_id:type");
    check(at_details(&[]), &say::attach(1, "image/png", 3_000_001), "Invalid file_id:size");
    check(at_details(&[]), &say::attach(1, "image/png", 3_000_000), "FILE_ATTACHED");
    check(at_picture(&[]), &say::attach(1, "application/pdf", 1), "Invalid file_id:type");
    let foreign = Input::AttachFile { file_id: say::file_id(1), file: None };
    check(at_details(&[]), &foreign, "Invalid file_id:unknown");
    let five: Vec<_> = (0..5).map(say::photo).collect();
    check(at_picture(&five), &say::photo(6), "Invalid file_id:count");
}

#[test]
fn files_are_taken_where_they_are_asked_for_only() {
    for n in [0, 1] {
        let inputs = say::first(n);
        check(Given { changes: &[MEDIA], inputs }, &say::photo(1), "NotHere");
    }
    check(Given::on(say::first(2)), &say::photo(1), "NotHere");
    check(at_details(&[say::photo(1)]), &say::remove(2), "Invalid file_id:unknown");
    let scene = check(at_details(&[say::photo(1)]), &say::remove(1), "FILE_REMOVED");
    assert_eq!(files(&scene), [""; 0]);
}

#[test]
fn the_view_says_what_can_be_added_here() {
    let scene = at_details(&[]).scene();
    let upload = scene.view().upload.unwrap();
    assert_eq!((upload.max_files, upload.max_bytes), (2, 3_000_000));
    assert_eq!(upload.mime_types, ["image/*"]);
    assert!(scene.view().allowed.contains(&"attach_file"));
    let upload = at_picture(&[]).scene().view().upload.unwrap();
    assert_eq!(upload.mime_types, ["image/jpeg", "image/png", "image/webp"]);
    assert_eq!(Given::on(say::first(2)).scene().view().upload, None);
}

#[test]
fn a_booking_has_the_files_of_the_path_that_was_taken_in_the_end() {
    let mut inputs = at_picture(&[say::photo(1), say::value("picture", Value::Null)]).inputs;
    inputs.extend([say::photo(2), say::back_to_question("need"), say::answer("need", "drain")]);
    inputs.extend([say::details(&json!({ "gate": true })), say::slot(0), say::customer()]);
    let given = Given { changes: &[MEDIA], inputs };
    let mut scene = given.scene();
    let before = scene.session.current_state.temp_selections.clone().unwrap();
    assert_eq!(before.file_ids, [say::file_id(1), say::file_id(2)]);
    scene.when(&say::confirm(true));
    let booked = scene.events.iter().find_map(|it| match &it.body.data {
        data @ EventData::BookingSubmitted { .. } => {
            booking(&scene.flow, id("session"), &before, data)
        }
        _ => None,
    });
    let kept: Vec<_> = booked.unwrap().file_ids.iter().map(|it| it.object_id()).collect();
    assert_eq!(kept, [say::file_id(2)]);
}
