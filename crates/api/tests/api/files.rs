//! Files: what comes in, who can read it, and that nothing is left behind.

use std::{fs, io::Cursor, path::Path};

use axum::{
    body::{Body, Bytes},
    http::{Method, Request},
};
use futures_util::stream;
use image::{DynamicImage, ImageFormat};
use model::core::SystemRole;
use serde_json::{Value, json};

use crate::{
    member::Member,
    site::{Answer, Site},
};

const PDF: &[u8] = b"%PDF-1.7\nan invoice\n%%EOF\n";

async fn manager() -> (Site, Member) {
    let site = Site::new().await;
    let manager = Member::with(&site, SystemRole::Manager).await;
    (site, manager)
}

async fn upload(site: &Site, by: &Member, access: &str, file: (&str, &str, &[u8])) -> Answer {
    let said = [("directory", "logos"), ("access_level", access)];
    site.send(by.form(Method::POST, "files", &said, file)).await
}

async fn uploaded(site: &Site, by: &Member, access: &str, file: (&str, &str, &[u8])) -> Value {
    let answer = upload(site, by, access, file).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn picture() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(3, 2).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn address(file: &Value) -> String {
    let id = |name: &str| file[name].as_str().unwrap().to_owned();
    format!("/files/{}{}", id("organization_id"), id("_id"))
}

async fn link(site: &Site, by: &Member, file: &Value) -> String {
    let path = format!("files/{}/link", file["_id"].as_str().unwrap());
    let answer = by.post(site, &path, &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["url"].as_str().unwrap().to_owned()
}

/// Files with bytes below a folder.
fn kept(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    entries.map(|it| if it.is_dir() { kept(&it) } else { 1 }).sum()
}

#[tokio::test]
async fn a_private_file_is_read_by_its_link_only() {
    let (site, manager) = manager().await;
    let file = uploaded(&site, &manager, "private", ("invoice.pdf", "application/pdf", PDF)).await;
    assert_eq!((&file["status"], &file["size"]), (&"active".into(), &PDF.len().into()));
    let bare = site.get(&address(&file)).await;
    bare.problem(404, "not_found");
    let url = link(&site, &manager, &file).await;
    let read = site.get(&url).await;
    assert_eq!((read.status.as_u16(), &read.body[..]), (200, PDF));
    for (name, value) in [
        ("content-type", "application/pdf"),
        ("content-disposition", "attachment; filename=\"invoice.pdf\""),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, no-store"),
    ] {
        assert_eq!(read.header(name), Some(value), "{name}");
    }
    let other = uploaded(&site, &manager, "private", ("b.pdf", "application/pdf", PDF)).await;
    let (_, query) = url.split_once('?').unwrap();
    let (expires, signature) = query.split_once('&').unwrap();
    let expires: i64 = expires.strip_prefix("expires=").unwrap().parse().unwrap();
    let nobody = format!("/files/{}", "0".repeat(48));
    for altered in [
        format!("{}?{query}", address(&other)),
        format!("{nobody}?{query}"),
        format!("{}?expires={}&{signature}", address(&file), expires + 1),
        format!("{}?expires={expires}&{signature}A", address(&file)),
        format!("{}?expires=x&{signature}", address(&file)),
        format!("{}?{query}&{query}", address(&file)),
        "/files/../etc/passwd".to_owned(),
        "/files/%2e%2e%2fetc%2fpasswd".to_owned(),
        "/files/%00".to_owned(),
    ] {
        site.get(&altered).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_public_file_is_everybodys_in_parts_and_once() {
    let (site, manager) = manager().await;
    let file = uploaded(&site, &manager, "public", ("a.txt", "text/plain", b"0123456789")).await;
    let read = site.get(&address(&file)).await;
    assert_eq!((read.status.as_u16(), &read.body[..]), (200, &b"0123456789"[..]));
    let etag = read.header("etag").unwrap();
    assert_eq!(etag, format!("\"{}\"", file["sha256"].as_str().unwrap()));
    let ask = async |name: &str, value: &str| {
        let request = Request::get(address(&file)).header(name, value);
        site.send(request.body(Body::empty()).unwrap()).await
    };
    let same = ask("if-none-match", etag).await;
    assert_eq!((same.status.as_u16(), same.body.len()), (304, 0));
    for (range, part, said) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
    ] {
        let read = ask("range", range).await;
        assert_eq!((read.status.as_u16(), read.text()), (206, part));
        assert_eq!(read.header("content-range"), Some(said));
    }
    for whole in ["bytes=10-", "bytes=-3", "bytes=4-2", "lines=1-2", "bytes=0-1,3-4"] {
        assert_eq!(ask("range", whole).await.status, 200, "{whole}");
    }
}

#[tokio::test]
async fn hostile_files_are_refused_or_cannot_act() {
    let (site, manager) = manager().await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let page = b"<!doctype html><html><script>alert(1)</script></html>";
    for (name, mime, bytes) in [
        ("logo.svg", "image/svg+xml", &svg[..]),
        ("page.html", "text/html", &page[..]),
        ("../../../etc/cron.d/x.html", "", &page[..]),
        ("photo.png", "application/octet-stream", &page[..]),
    ] {
        let file = uploaded(&site, &manager, "public", (name, mime, bytes)).await;
        let read = site.get(&address(&file)).await;
        assert!(read.header("content-disposition").unwrap().starts_with("attachment;"), "{name}");
        assert_eq!(read.header("content-security-policy"), Some("sandbox; default-src 'none'"));
        assert_eq!(read.header("x-content-type-options"), Some("nosniff"));
        assert!(!file["filename"].as_str().unwrap().contains(['/', '\\']), "{file}");
        assert_eq!((&file["storage_key"], &file["storage_location"]), (&Value::Null, &Value::Null));
    }
    let before = kept(site.folder.path());
    for (name, mime, bytes) in [
        ("a.exe", "application/x-msdownload", &b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0"[..]),
        ("a.png", "image/png", &page[..]),
        ("a.png", "image/png", &b"\x89PNG\r\n\x1a\n cut off"[..]),
        ("a.zip", "application/zip", &b"PK\x03\x04\x14\0\0\0\0\0"[..]),
        ("a.txt", "text/plain", &b""[..]),
    ] {
        let refused = upload(&site, &manager, "public", (name, mime, bytes)).await;
        refused.problem(422, "file.refused");
    }
    assert_eq!(kept(site.folder.path()), before);
    let listed = manager.get(&site, "files?status=active&include_total=true").await;
    assert_eq!(listed.json()["total"], 4);
}

#[tokio::test]
async fn a_picture_is_written_anew() {
    let (site, manager) = manager().await;
    let mut bytes = picture();
    bytes.extend_from_slice(b"<script>a passenger</script>");
    let file = uploaded(&site, &manager, "public", ("logo.jpg", "image/png", &bytes)).await;
    assert_eq!(
        (&file["mime_type"], &file["filename"]),
        (&"image/png".into(), &"logo.jpg.png".into())
    );
    let read = site.get(&address(&file)).await;
    assert!(image::load_from_memory(&read.body).is_ok());
    assert!(!read.body.windows(9).any(|it| it == b"passenger"));
    assert_eq!(read.header("content-disposition"), Some("inline; filename=\"logo.jpg.png\""));
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_off() {
    let (site, manager) = manager().await;
    let mut request = manager.form(Method::POST, "files", &[], ("a.txt", "text/plain", b""));
    let head =
        b"--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
    let chunk = Bytes::from(vec![b'a'; 64 * 1_024]);
    let endless = stream::unfold(0_u64, move |n| {
        // Reading on would be seen: nobody may want twice the limit.
        assert!(n < 2 * app::MOST_BYTES / 65_536, "the body is read on");
        let bytes = if n == 0 { Bytes::from_static(head) } else { chunk.clone() };
        async move { Some((Ok::<_, std::io::Error>(bytes), n + 1)) }
    });
    *request.body_mut() = Body::from_stream(endless);
    site.send(request).await.problem(413, "request.too_large");
    assert_eq!(kept(site.folder.path()), 0);
    let listed = manager.get(&site, "files?status=active").await.json();
    assert_eq!(listed["data"], json!([]));
}

#[tokio::test]
async fn what_is_not_a_form_with_a_file_at_its_end_is_refused() {
    let (site, manager) = manager().await;
    manager.post(&site, "files", &json!({})).await.problem(415, "request.not_multipart");
    let file = ("a.txt", "text/plain", &b"a"[..]);
    for (part, value) in [
        ("status", "active"),
        ("access_level", "everybody"),
        ("directory", "../up"),
        ("metadata", "[]"),
        ("metadata", "{\"a\":1}"),
        ("metadata", &"x".repeat(20_000)),
    ] {
        let answer = site.send(manager.form(Method::POST, "files", &[(part, value)], file)).await;
        assert_eq!(answer.error(422, "request.invalid").0, part);
    }
    let mut cut = manager.form(Method::POST, "files", &[], file);
    *cut.body_mut() =
        "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc".into();
    cut.headers_mut().remove("content-length");
    site.send(cut).await.problem(422, "file.refused");
    assert_eq!(kept(site.folder.path()), 0);
}

#[tokio::test]
async fn only_what_a_person_says_of_a_file_can_be_changed() {
    let (site, manager) = manager().await;
    let file = uploaded(&site, &manager, "private", ("a.txt", "text/plain", b"a")).await;
    let path = format!("files/{}", file["_id"].as_str().unwrap());
    let changed = manager
        .patch(&site, &path, &json!({ "access_level": "public", "filename": "b.txt" }))
        .await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(site.get(&address(&file)).await.status, 200);
    for (field, value) in [
        ("status", json!("pending")),
        ("storage_key", json!("ab/cd/x")),
        ("mime_type", json!("text/html")),
        ("size", json!(0)),
        ("filename", json!("../a.txt")),
    ] {
        let answer = manager.patch(&site, &path, &json!({ field: value })).await;
        answer.problem(422, "request.invalid");
    }
}

#[tokio::test]
async fn a_deleted_file_is_gone_at_once_and_its_bytes_soon() {
    let (site, manager) = manager().await;
    let file = uploaded(&site, &manager, "public", ("a.pdf", "application/pdf", PDF)).await;
    let url = link(&site, &manager, &file).await;
    let path = format!("files/{}", file["_id"].as_str().unwrap());
    assert_eq!(manager.delete(&site, &path).await.status, 204);
    site.get(&address(&file)).await.problem(404, "not_found");
    site.get(&url).await.problem(404, "not_found");
    manager.get(&site, &path).await.problem(404, "not_found");
    manager.delete(&site, &path).await.problem(404, "not_found");
    assert_eq!(manager.get(&site, "files").await.json()["data"], json!([]));
    assert_eq!(kept(site.folder.path()), 1);
    site.works().await;
    assert_eq!(kept(site.folder.path()), 0);
    site.works().await;
}

#[tokio::test]
async fn another_organizations_file_is_no_file() {
    let (site, manager) = manager().await;
    let file = uploaded(&site, &manager, "private", ("a.pdf", "application/pdf", PDF)).await;
    site.other_business().await;
    let other = site.system.find_organization("other").await.unwrap().unwrap().id;
    let stranger = Member::of(&site, other, vec![SystemRole::Owner.seeded_id()]).await;
    let id = file["_id"].as_str().unwrap();
    for id in [id, "6741a0c2f1d0a83b5e000001"] {
        stranger.get(&site, &format!("files/{id}")).await.problem(404, "not_found");
        let link = stranger.post(&site, &format!("files/{id}/link"), &json!({})).await;
        link.problem(404, "not_found");
        stranger.delete(&site, &format!("files/{id}")).await.problem(404, "not_found");
    }
    site.get(&format!("/files/{other}{id}")).await.problem(404, "not_found");
    let kit = json!({ "name": "X", "colors": { "primary": "#112233" }, "logo_file": id });
    let refused = stranger.post(&site, "brand_kits", &kit).await;
    assert_eq!(refused.error(422, "request.invalid").0, "logo_file");
}

#[tokio::test]
async fn the_widget_shows_a_logo_that_everybody_may_see() {
    let (site, manager) = manager().await;
    let file = uploaded(&site, &manager, "public", ("logo.png", "image/png", &picture())).await;
    let kit = json!({ "name": "X", "colors": { "primary": "#112233" }, "logo_file": file["_id"] });
    let kit = manager.post(&site, "brand_kits", &kit).await.json();
    let id = kit["_id"].as_str().unwrap().parse().unwrap();
    site.configure(|it| it.brand_kit_id = Some(id)).await;
    let view = format!("/public/v1/schedulers/{}", site.key);
    let logo = site.get(&view).await.json()["brand"]["logo_url"].clone();
    assert_eq!(logo, address(&file));
    assert_eq!(site.get(logo.as_str().unwrap()).await.header("content-type"), Some("image/png"));
    let path = format!("files/{}", file["_id"].as_str().unwrap());
    manager.patch(&site, &path, &json!({ "access_level": "private" })).await;
    assert_eq!(site.get(&view).await.json()["brand"]["logo_url"], Value::Null);
}

#[tokio::test]
async fn an_avatar_takes_the_place_of_the_one_before() {
    let (site, member) = manager().await;
    let change = async |name: &str, mime: &str, bytes: &[u8]| {
        let path = "/api/v1/auth/me/avatar";
        site.send(member.form(Method::PUT, path, &[], (name, mime, bytes))).await
    };
    let first = change("me.png", "image/png", &picture()).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let second = change("me.png", "image/png", &picture()).await.json();
    change("me.pdf", "application/pdf", PDF).await.problem(409, "not_allowed");
    site.works().await;
    assert_eq!(kept(site.folder.path()), 1);
    let read = async |answer: &Value| {
        site.get(answer["avatar_url"].as_str().unwrap()).await.status.as_u16()
    };
    assert_eq!((read(&first.json()).await, read(&second).await), (404, 200));
    let operator = Member::operator(&site).await;
    let user = format!("/api/v1/platform/users/{}", member.user.unwrap());
    assert_eq!(operator.delete(&site, &user).await.status, 204);
    site.works().await;
    assert_eq!((kept(site.folder.path()), read(&second).await), (0, 404));
}
