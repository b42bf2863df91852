use super::fixtures::*;
use crate::{Backend, MAX_BODY, StoreError};

pub async fn a_body_comes_back_byte_for_byte(backend: &dyn Backend) {
    same(
        backend,
        &[
            "{}",
            "[]",
            "null",
            "true",
            r#""""#,
            r#"{"a":null,"b":[null,[null,{"c":null}]],"":{"":""}}"#,
            r#"{"z":1,"a":2,"m":{"y":1,"b":2}}"#,
            r#"{"text":"Žluťoučký 🐎 العربية 日本語 e\u0301 \u2028"}"#,
            "{\"raw\":\"\u{2028}\u{200f}\u{7f}\u{feff}\u{10ffff}\"}",
            r#"{"escapes":"\"\\\/\b\f\n\r\t\u0001\u001f\u0000 'single' `tick` $.a"}"#,
            r#"{"a.b":1,"$":2,"key \"quoted\"":3,"clé":4}"#,
            r#"{"deep":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{"end":[]}]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"#,
        ],
    )
    .await;
}

pub async fn a_number_keeps_its_spelling(backend: &dyn Backend) {
    same(
        backend,
        &[
            r#"{"n":[0,-1,9223372036854775807,-9223372036854775808,18446744073709551615]}"#,
            r#"{"n":[-0.0,1.0,0.1,1e3,1E+3,1e-7,123456789012345678901234567890,1e308]}"#,
            r#"{"n":[2.2250738585072014e-308,0.30000000000000004,100000000000000000000.0]}"#,
        ],
    )
    .await;
}

pub async fn a_document_over_the_limit_is_refused_before_anything_is_written(
    backend: &dyn Backend,
) {
    let body = of_size(MAX_BODY + 1);
    let refused = backend.commit(vec![put(thing(1), 0, "{}"), put(thing(2), 0, body)]).await;
    assert!(matches!(refused, Err(StoreError::TooLarge { collection: "things", id, bytes })
            if id == thing(2).id && bytes == MAX_BODY + 1),);
    all_gone(backend, &[thing(1), thing(2)]).await;
}

pub async fn a_document_at_the_limit_is_stored(backend: &dyn Backend) {
    let body = of_size(MAX_BODY - 1024);
    write(backend, put(thing(1), 0, body.clone())).await;
    let record = backend.get(&thing(1)).await.unwrap().unwrap();
    assert!(record.body.as_str() == body);
}

async fn same(backend: &dyn Backend, bodies: &[&str]) {
    let numbered: Vec<_> = (1..).zip(bodies.iter().copied()).collect();
    fill(backend, &numbered).await;
    for (number, body) in numbered {
        let record = backend.get(&thing(number)).await.unwrap().unwrap();
        assert_eq!(record.body.as_str(), body);
    }
}

fn of_size(bytes: usize) -> String {
    format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - 8))
}
