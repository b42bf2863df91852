//! What members do with files.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};

use super::Run;

/// What stands for a link.
pub(super) const LINK: &str = "/files/6b0454f000000000000000016b0454f00000000000000002\
    ?expires=1795447800000&signature=0f3a7c21mN4xQ2vL8rT6yB1wK9zP5sD3gH7jC0aE4uF";

/// A form with a text, or a picture.
pub(super) fn form(body: &Value) -> Vec<u8> {
    let head = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename={}\r\n\r\n",
        body["filename"]
    );
    let mut picture = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(3, 2).write_to(&mut picture, ImageFormat::Png).unwrap();
    let content = match body["text"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => picture.into_inner(),
    };
    [head.as_bytes(), &content, b"\r\n--cut--\r\n"].concat()
}

impl Run {
    pub(super) async fn files(&mut self, organization: &str, owner: &str) {
        let all = [("organization_id", organization)];
        let owner = Some(owner);
        let file = json!({ "filename": "terms.txt", "text": "We come on time." });
        let made = self.call("upload_file", &all, owner, Some(file)).await;
        let one = [("organization_id", organization), ("id", made["_id"].as_str().unwrap())];
        self.call("list_files", &all, owner, None).await;
        self.call("get_file", &one, owner, None).await;
        let said = json!({
            "access_level": "private", "directory": "files", "filename": "terms.txt",
        });
        self.call("replace_file", &one, owner, Some(said)).await;
        self.call("update_file", &one, owner, Some(json!({ "access_level": "public" }))).await;
        self.call("link_file", &one, owner, None).await;
        let address = format!("{organization}{}", one[1].1);
        self.call("serve_file", &[("file", &*address)], None, None).await;
        self.call("delete_file", &one, owner, None).await;
        let me = json!({ "filename": "me.png" });
        self.call("change_avatar", &[], owner, Some(me)).await;
    }
}
