use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, ready},
};

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{MediaType, Operation, RequestBody, SchemaObject},
    operation::set_body,
};
use app::NewFile;
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{
        FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
};
use futures_util::{Stream, StreamExt, stream};
use model::core::AccessLevel;
use schemars::json_schema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Api, Problem, problem::Code};

/// A form with a file. The file is its last part: what says how to keep it comes before.
pub(super) struct Form {
    parts: Multipart,
    /// Of the whole form, when the client has said it.
    most_bytes: Option<u64>,
    /// The file has begun.
    has_begun: Arc<AtomicBool>,
}

/// So much may come before the file: what is searched for the beginning of a part is searched again
/// with each chunk.
const MOST_BEFORE: usize = 1024 * 1024;

/// A part that is no file is at most so long, in bytes.
const LONGEST_PART: usize = 16 * 1_024;

impl FromRequest<Api> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let most_bytes = request.body().size_hint().upper();
        let has_begun = Arc::new(AtomicBool::new(false));
        let begun = has_begun.clone();
        let request = request.map(|body| Body::from_stream(bounded(body, begun)));
        let parts = Multipart::from_request(request, api).await;
        let parts = parts.map_err(|_| Problem::new(Code::NotMultipart))?;
        Ok(Self { parts, most_bytes, has_begun })
    }
}

/// A form that ends with an error when too much comes before its file. It is handed on chunk by
/// chunk: whoever parses it takes all that there is at once, and would see neither where the file
/// begins nor that it is too large before the whole of it is in memory.
fn bounded(
    body: Body,
    has_begun: Arc<AtomicBool>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let mut chunks = body.into_data_stream();
    let (mut before, mut is_parsed) = (0, true);
    stream::poll_fn(move |context| {
        if before > MOST_BEFORE && !has_begun.load(Ordering::Relaxed) {
            return Poll::Ready(Some(Err(io::Error::other("no file begins"))));
        }
        if !is_parsed {
            is_parsed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let chunk = ready!(chunks.poll_next_unpin(context));
        is_parsed = false;
        before += chunk.as_ref().map_or(0, |it| it.as_ref().map_or(0, Bytes::len));
        Poll::Ready(chunk.map(|it| it.map_err(io::Error::other)))
    })
}

impl Form {
    /// Hands on the file of a form that has no other part.
    pub(super) async fn file_alone<T>(
        self,
        take: impl AsyncFnOnce(NewFile, Field<'_>) -> Result<T, app::Error>,
    ) -> Result<T, Problem> {
        self.parts(false, take).await
    }

    /// Hands on what the parts before the file say, and the file as it comes in.
    pub(super) async fn file<T>(
        self,
        take: impl AsyncFnOnce(NewFile, Field<'_>) -> Result<T, app::Error>,
    ) -> Result<T, Problem> {
        self.parts(true, take).await
    }

    async fn parts<T>(
        mut self,
        more_than_the_file: bool,
        take: impl AsyncFnOnce(NewFile, Field<'_>) -> Result<T, app::Error>,
    ) -> Result<T, Problem> {
        let mut new = NewFile {
            filename: String::new(),
            declared: None,
            directory: "files".to_owned(),
            access_level: AccessLevel::Private,
            metadata: BTreeMap::new(),
            most_bytes: self.most_bytes,
        };
        while let Some(field) = self.parts.next_field().await.map_err(|it| broken(&it))? {
            let name = field.name().unwrap_or_default().to_owned();
            match name.as_str() {
                "file" => {
                    field.file_name().unwrap_or_default().clone_into(&mut new.filename);
                    new.declared = field.content_type().map(str::to_owned);
                    self.has_begun.store(true, Ordering::Relaxed);
                    return Ok(take(new, field).await?);
                }
                _ if !more_than_the_file => {
                    return Err(invalid(&name, "unknown", "is no part of this form"));
                }
                "directory" => new.directory = text(field).await?,
                "access_level" => {
                    new.access_level = typed(&name, Value::String(text(field).await?))?;
                }
                "metadata" => {
                    let json = serde_json::from_str(&text(field).await?).unwrap_or_default();
                    new.metadata = typed(&name, json)?;
                }
                _ => return Err(invalid(&name, "unknown", "is no part of this form")),
            }
        }
        Err(invalid("file", "required", "must be the last part of the form"))
    }
}

async fn text(mut field: Field<'_>) -> Result<String, Problem> {
    let name = field.name().unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|it| broken(&it))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST_PART {
            return Err(invalid(&name, "length", "must be at most 16 KiB"));
        }
    }
    String::from_utf8(bytes).map_err(|_| invalid(&name, "text", "must be UTF-8"))
}

fn typed<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| invalid(name, "type", &error.to_string()))
}

fn invalid(path: &str, code: &'static str, message: &str) -> Problem {
    let path = path.chars().take(80).collect();
    Problem::new(Code::Invalid).error(path, code, message.to_owned())
}

fn broken(error: &MultipartError) -> Problem {
    match error.status().as_u16() {
        413 => Problem::new(Code::TooLarge),
        _ => Problem::new(Code::NotMultipart).detail("The form could not be read."),
    }
}

impl OperationInput for Form {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let access_level = ctx.schema.subschema_for::<AccessLevel>();
        let schema = json_schema!({
            "type": "object",
            "required": ["file"],
            "properties": {
                "directory": { "type": "string", "default": "files" },
                "access_level": access_level,
                "metadata": {
                    "type": "string", "contentMediaType": "application/json",
                    "description": "A JSON object of texts.",
                },
                "file": {
                    "type": "string", "format": "binary",
                    "description": "The last part: at most 25 MiB.",
                },
            },
        });
        let schema = SchemaObject { json_schema: schema, external_docs: None, example: None };
        let media = MediaType { schema: Some(schema), ..MediaType::default() };
        let content = [("multipart/form-data".to_owned(), media)].into_iter().collect();
        set_body(ctx, operation, RequestBody { content, required: true, ..RequestBody::default() });
    }
}
