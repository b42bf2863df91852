//! Files that visitors add.

use std::io::Cursor;

use axum::{body::Body, http::Request};
use image::{DynamicImage, ImageFormat};
use model::core::SystemRole;
use serde_json::{Value, json};

use crate::{
    member::Member,
    site::{Answer, Site, Visit},
};

const DETAILS: &str = "  - { type: timeslot_selection";
const WITH_MEDIA: &str = "  - { type: additional_details, title: Anything else?, \
    media: { enabled: true, max_files: 2, max_bytes: 50000 } }\n  - { type: timeslot_selection";

async fn site() -> Site {
    let site = Site::new().await;
    take_files(&site).await;
    site
}

/// From now on visits to the business can have files.
pub(crate) async fn take_files(site: &Site) {
    site.reflow(DETAILS, WITH_MEDIA).await;
}

pub(crate) async fn at_the_details(site: &Site) -> Visit<'_> {
    let mut visit = site.visit().await;
    let node = visit.goes_to_the_number().await;
    visit.does(json!({ "type": "answer_question", "node_id": node, "value": 12 })).await;
    assert_eq!(visit.view["step"]["type"], "additional_details");
    visit
}

fn picture() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(30, 20).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn add(
    site: &Site,
    visit: &Visit<'_>,
    token: Option<&str>,
    parts: &[(&str, &[u8])],
) -> Answer {
    let mut body = Vec::new();
    for (disposition, bytes) in parts {
        let head = format!("--cut\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
        body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend(b"--cut--\r\n");
    let mut request = Request::post(visit.path("/files"))
        .header("content-type", "multipart/form-data; boundary=cut");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    site.send(request.body(Body::from(body)).unwrap()).await
}

const FILE: &str = "name=\"file\"; filename=\"../roof.gif\"";

#[tokio::test]
async fn a_photo_goes_with_the_booking_to_those_who_may_see_files() {
    let site = site().await;
    let mut visit = at_the_details(&site).await;
    assert_eq!(visit.view["upload"]["max_files"], 2);
    let added = add(&site, &visit, Some(&visit.token), &[(FILE, &picture())]).await;
    assert_eq!(added.status, 201, "{}", added.text());
    let added = added.json();
    assert_eq!(
        (&added["mime_type"], &added["filename"]),
        (&json!("image/png"), &json!("roof.gif.png"))
    );
    let done = visit.does(json!({ "type": "attach_file", "file_id": added["id"] })).await;
    assert_eq!(done["events"], json!(["FILE_ATTACHED"]));
    assert_eq!(visit.view["selections"]["files"][0]["id"], added["id"]);
    visit.does(json!({ "type": "submit_details", "values": {} })).await;
    let slots = visit.get("/timeslots").await.json();
    let days = slots["days"].as_array().unwrap().iter();
    let start =
        days.flat_map(|it| it["slots"].as_array().unwrap()).next().unwrap()["start"].clone();
    visit.does(json!({ "type": "select_timeslot", "start": start })).await;
    let ada = json!({
        "type": "submit_customer", "first_name": "Ada", "last_name": "Byron",
        "email": "ada@example.com",
    });
    visit.does(ada).await;
    visit.does(json!({ "type": "confirm" })).await;

    let manager = Member::with(&site, SystemRole::Manager).await;
    let booking = manager.get(&site, "bookings").await.json()["data"][0].clone();
    assert_eq!(booking["file_ids"], json!([added["id"]]));
    let path = format!("files/{}/link", added["id"].as_str().unwrap());
    let link = manager.post(&site, &path, &json!({})).await;
    assert_eq!(link.status, 200, "{}", link.text());
    let read = site.get(link.json()["url"].as_str().unwrap()).await;
    assert_eq!((read.status.as_u16(), read.header("content-type")), (200, Some("image/png")));
    let address = link.json()["url"].as_str().unwrap().split('?').next().unwrap().to_owned();
    site.get(&address).await.problem(404, "not_found");
}

#[tokio::test]
async fn what_is_not_taken_is_said_and_nothing_is_kept() {
    let site = site().await;
    let visit = at_the_details(&site).await;
    let token = Some(&*visit.token);
    let refused =
        |answer: Answer, status: u16, code: &str| -> Value { answer.problem(status, code) };
    let large = vec![b'x'; 50_001];
    let large = [b"%PDF-1.7\n".as_slice(), &large].concat();
    refused(add(&site, &visit, token, &[(FILE, b"plain text")]).await, 422, "file.refused");
    let answer = add(&site, &visit, token, &[(FILE, &large)]).await;
    assert!([413, 422].contains(&answer.status.as_u16()), "{}", answer.text());
    let directory = ("name=\"directory\"", b"logos".as_slice());
    let answer = add(&site, &visit, token, &[directory, (FILE, &picture())]).await;
    assert_eq!(answer.error(422, "request.invalid").0, "directory");
    refused(add(&site, &visit, token, &[]).await, 422, "request.invalid");
    refused(add(&site, &visit, None, &[(FILE, &picture())]).await, 401, "session.wrong_token");
    let other = site.visit().await;
    let answer = add(&site, &visit, Some(&other.token), &[(FILE, &picture())]).await;
    refused(answer, 401, "session.wrong_token");
    // Where no files are asked for.
    let answer = add(&site, &other, Some(&other.token), &[(FILE, &picture())]).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    site.works().await;
    let manager = Member::with(&site, SystemRole::Manager).await;
    assert_eq!(manager.get(&site, "files").await.json()["data"], json!([]));
}
