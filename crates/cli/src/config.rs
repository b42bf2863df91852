use std::{
    io::{ErrorKind, IsTerminal},
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use app::{Files, FilesAt, Quota, S3Settings};
use clap::{Args, ValueEnum};
use model::core::EmailAddress;
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use crate::{output::Failure, stores};

/// What every command takes. A flag wins over the environment, which wins over the file.
#[derive(Args)]
pub(crate) struct Common {
    /// Where the data are: <sqlite://PATH> or <mongodb://HOSTS/DATABASE>.
    #[arg(long, global = true, env = "WRKBELT_STORE", value_name = "URL")]
    store: Option<String>,
    /// Address to listen on; port 0 takes any free one [default: 127.0.0.1:8080].
    #[arg(long, global = true, env = "WRKBELT_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where the bytes of files are: a folder, or <s3://BUCKET>, with `WRKBELT_S3_ACCESS_KEY` and
    /// `WRKBELT_S3_SECRET_KEY` in the environment [default: `files` beside the store].
    #[arg(long, global = true, env = "WRKBELT_FILES", value_name = "FOLDER|URL")]
    files: Option<String>,
    #[command(flatten)]
    s3: S3,
    /// What to log, as `info` or `api=debug` [default: warn; serve and demo: info].
    #[arg(long, global = true, env = "WRKBELT_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// How to log [default: text on a terminal, otherwise json].
    #[arg(long, global = true, env = "WRKBELT_LOG_FORMAT")]
    log_format: Option<LogFormat>,
    /// `off` turns rate limits off, for load tests.
    #[arg(long, global = true, env = "WRKBELT_LIMITS", value_name = "on|off")]
    limits: Option<Switch>,
    /// Connections that one client may have at a time; with `--limits off` or behind a proxy,
    /// any number [default: 256].
    #[arg(long, global = true, env = "WRKBELT_MOST_CONNECTIONS", value_name = "NUMBER")]
    most_connections: Option<NonZeroUsize>,
    /// Files that each organization may keep [default: 20000].
    #[arg(long, global = true, env = "WRKBELT_MOST_FILES", value_name = "NUMBER")]
    most_files: Option<u64>,
    /// MiB that the files of each organization may have together [default: 10240].
    #[arg(long, global = true, env = "WRKBELT_MOST_MEBIBYTES", value_name = "MIB")]
    most_mebibytes: Option<u64>,
    /// Mail server: <smtps://USER:PASSWORD@HOST:PORT>. Without one, mails go to a folder.
    #[arg(long, global = true, env = "WRKBELT_SMTP", hide_env_values = true, value_name = "URL")]
    smtp: Option<String>,
    /// Address that mails are from; a mail server needs one.
    #[arg(long, global = true, env = "WRKBELT_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<EmailAddress>,
    /// Folder of mails that nobody gets [default: `mail` beside the store].
    #[arg(long, global = true, env = "WRKBELT_MAIL_FOLDER", value_name = "FOLDER")]
    mail_folder: Option<PathBuf>,
    /// Show the mails of that folder at `/mailbox` to whoever reaches the server; without a
    /// --public-url, a server that only this machine reaches does so anyway.
    #[arg(long, global = true, env = "WRKBELT_MAILBOX")]
    mailbox: bool,
    /// File with the keys that seal secrets in the store; made when it is not there [default:
    /// beside the SQLite file].
    #[arg(long, global = true, env = "WRKBELT_KEYS", value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Where people reach the server, for links in mails [default: where it listens].
    #[arg(long, global = true, env = "WRKBELT_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Only a proxy can reach the server: clients are told apart by the last address of the
    /// `X-Forwarded-For` that it writes.
    #[arg(long, global = true, env = "WRKBELT_BEHIND_PROXY")]
    behind_proxy: bool,
    /// File with the same settings; wrkbelt.toml is read when it is there.
    #[arg(long, global = true, env = "WRKBELT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one line of JSON for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Switch {
    On,
    Off,
}

/// Who may use a bucket. Only from the environment: a command line is everybody's to read.
#[derive(Args, Clone)]
pub(crate) struct S3 {
    #[arg(long = "s3-endpoint", global = true, hide = true, env = "WRKBELT_S3_ENDPOINT")]
    endpoint: Option<String>,
    #[arg(
        long = "s3-region",
        global = true,
        hide = true,
        env = "WRKBELT_S3_REGION",
        default_value = "us-east-1"
    )]
    region: String,
    #[arg(long = "s3-access-key", global = true, hide = true, env = "WRKBELT_S3_ACCESS_KEY")]
    access_key: Option<String>,
    #[arg(
        long = "s3-secret-key",
        global = true,
        hide = true,
        env = "WRKBELT_S3_SECRET_KEY",
        hide_env_values = true
    )]
    secret_key: Option<String>,
}

/// The same settings in a file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    store: Option<String>,
    listen: Option<SocketAddr>,
    files: Option<String>,
    log: Option<String>,
    log_format: Option<LogFormat>,
    limits: Option<Switch>,
    most_connections: Option<NonZeroUsize>,
    most_files: Option<u64>,
    most_mebibytes: Option<u64>,
    behind_proxy: Option<bool>,
    smtp: Option<String>,
    mail_from: Option<EmailAddress>,
    mail_folder: Option<PathBuf>,
    #[serde(default)]
    mailbox: bool,
    keys: Option<PathBuf>,
    public_url: Option<String>,
}

/// What was settled.
pub(crate) struct Config {
    /// `None` when nobody said.
    pub(crate) store: Option<String>,
    pub(crate) listen: SocketAddr,
    pub(crate) rate_limits: bool,
    /// Of one client; `None` is any number.
    pub(crate) most_connections: Option<usize>,
    quota: Quota,
    pub(crate) behind_proxy: bool,
    pub(crate) smtp: Option<String>,
    pub(crate) mail_from: Option<EmailAddress>,
    pub(crate) mail_folder: Option<PathBuf>,
    pub(crate) mailbox: bool,
    files: Option<String>,
    s3: S3,
    pub(crate) keys: Option<PathBuf>,
    pub(crate) public_url: Option<String>,
    log: Option<String>,
    log_format: LogFormat,
}

/// A browser opens six, and many people may sit behind one router.
const MOST_CONNECTIONS: usize = 256;

impl Common {
    pub(crate) fn resolve(self) -> Result<Config, Failure> {
        let file = self.read_file()?;
        let by_terminal =
            if std::io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json };
        let rate_limits = self.limits.or(file.limits) != Some(Switch::Off);
        let most_connections = self.most_connections.or(file.most_connections);
        let ordinary = Quota::default();
        let mebibytes = self.most_mebibytes.or(file.most_mebibytes);
        let quota = Quota {
            files: self.most_files.or(file.most_files).unwrap_or(ordinary.files),
            bytes: mebibytes.map_or(ordinary.bytes, |it| it.saturating_mul(1 << 20)),
        };
        Ok(Config {
            store: self.store.or(file.store),
            listen: self.listen.or(file.listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            behind_proxy: self.behind_proxy || file.behind_proxy == Some(true),
            rate_limits,
            most_connections: rate_limits
                .then(|| most_connections.map_or(MOST_CONNECTIONS, NonZeroUsize::get)),
            quota,
            smtp: self.smtp.or(file.smtp),
            mail_from: self.mail_from.or(file.mail_from),
            mail_folder: self.mail_folder.or(file.mail_folder),
            mailbox: self.mailbox || file.mailbox,
            files: self.files.or(file.files),
            s3: self.s3,
            keys: self.keys.or(file.keys),
            public_url: self.public_url.or(file.public_url),
            log: self.log.or(file.log),
            log_format: self.log_format.or(file.log_format).unwrap_or(by_terminal),
        })
    }

    fn read_file(&self) -> Result<File, Failure> {
        let named = self.config.as_deref();
        let path = named.unwrap_or(Path::new("wrkbelt.toml"));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => {
                return Ok(File::default());
            }
            Err(error) => return Err(Failure::new(format!("{}: {error}", path.display()))),
        };
        toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|it| text.get(..it.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let message = error.message().replace('\n', ", ");
            Failure::new(format!("{}: line {line}: {message}", path.display()))
        })
    }
}

impl S3 {
    fn bucket(&self, bucket: &str) -> Result<FilesAt, Failure> {
        let key = |it: &Option<String>, name: &str| {
            it.clone().ok_or_else(|| Failure::new(format!("--files s3://{bucket} needs {name}")))
        };
        let endpoint = self.endpoint.clone();
        Ok(FilesAt::Bucket(S3Settings {
            bucket: bucket.to_owned(),
            region: self.region.clone(),
            access_key: key(&self.access_key, "WRKBELT_S3_ACCESS_KEY")?,
            secret_key: key(&self.secret_key, "WRKBELT_S3_SECRET_KEY")?,
            path_style: endpoint.is_some(),
            allow_http: endpoint.as_deref().is_some_and(|it| it.starts_with("http://")),
            endpoint,
        }))
    }
}

impl Config {
    /// Where the data are.
    pub(crate) fn store(&self) -> &str {
        self.store.as_deref().unwrap_or(stores::ORDINARY)
    }

    /// The place of files for a store at a URL.
    pub(crate) fn files(&self, store: &str) -> Result<Files, Failure> {
        let at = match (&self.files, stores::Location::parse(store)?) {
            (Some(text), _) => match text.strip_prefix("s3://") {
                Some(bucket) => self.s3.bucket(bucket)?,
                None => FilesAt::Folder(text.into()),
            },
            (None, stores::Location::Sqlite { path, .. }) => {
                FilesAt::Folder(path.with_extension("files"))
            }
            (None, stores::Location::Mongo(_)) => FilesAt::Folder("data/files".into()),
        };
        Files::open(at)
            .map(|it| it.with_quota(self.quota))
            .map_err(|error| Failure::new(error.to_string()))
    }

    pub(crate) fn start_logging(&self) -> Result<(), Failure> {
        let filter = EnvFilter::try_new(
            self.log.as_deref().unwrap_or("warn,wrkbelt=info,api=info,app=info"),
        )
        .map_err(|error| Failure::new(format!("--log: {error}")))?;
        let builder =
            tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        match self.log_format {
            LogFormat::Text => builder.with_target(false).init(),
            LogFormat::Json => builder.json().flatten_event(true).init(),
        }
        if !self.rate_limits {
            tracing::warn!("rate limits are off");
        }
        Ok(())
    }
}
