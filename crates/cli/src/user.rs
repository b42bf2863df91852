use std::process::ExitCode;

use app::NewUser;
use clap::{Args, Subcommand};
use model::core::{EmailAddress, SystemRole};
use serde_json::json;

use crate::{
    config::Config,
    output::{Failure, Output},
    stores,
};

#[derive(Subcommand)]
pub(crate) enum User {
    /// Make a user; without a password, print a link with which they choose one within a day.
    ///
    /// Example: wrkbelt user create --email ada@example.com --first-name Ada --last-name Lovelace
    Create(Create),
}

#[derive(Args)]
pub(crate) struct Create {
    #[arg(long)]
    email: String,
    #[arg(long)]
    first_name: String,
    #[arg(long)]
    last_name: String,
    /// Make them a member of this one: its slug or id.
    #[arg(long, value_name = "SLUG", requires = "role")]
    organization: Option<String>,
    /// What they are there: owner, admin, manager …
    #[arg(long, requires = "organization")]
    role: Option<String>,
    /// They run the platform.
    #[arg(long)]
    platform_admin: bool,
    /// Read the password from standard input, to the end of the line.
    #[arg(long)]
    password_stdin: bool,
}

impl User {
    /// What is wrong with the arguments is found before anything is written.
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let Self::Create(create) = self;
        let email: EmailAddress =
            create.email.parse().map_err(|error| Failure::new(format!("--email: {error}")))?;
        let role = create.role.as_deref().map(role).transpose()?;
        let opened = stores::open_with_keys(config).await?;
        let system = &opened.system;
        let organization = match &create.organization {
            Some(asked) => {
                let found = system.find_organization(asked).await?;
                Some(
                    found
                        .ok_or_else(|| Failure::new(format!("there is no organization {asked}")))?,
                )
            }
            None => None,
        };
        let hashed_password = if create.password_stdin {
            let mut line = String::new();
            let read = std::io::stdin().read_line(&mut line);
            read.map_err(|error| Failure::new(format!("standard input: {error}")))?;
            let password = line.trim_end_matches(['\n', '\r']).to_owned();
            Some(system.hash_password(password.into(), &email).await.map_err(refused)?)
        } else {
            None
        };
        let chooses = hashed_password.is_none();
        let user = NewUser {
            first_name: create.first_name,
            last_name: create.last_name,
            email: email.clone(),
            hashed_password,
            is_platform_admin: create.platform_admin,
        };
        let id = system.create_user(user).await.map_err(refused)?;
        if let (Some(organization), Some(role)) = (organization, role) {
            system.add_member(organization.id, id, vec![role.seeded_id()]).await?;
        }
        let link = if chooses { Some(system.first_password_link(id).await?) } else { None };
        output.answer(&json!({ "user_id": id, "password_url": link }), || match &link {
            Some(link) => {
                format!("made {email}; a password can be chosen within a day at\n{link}\n")
            }
            None => format!("made {email}\n"),
        });
        Ok(ExitCode::SUCCESS)
    }
}

fn role(name: &str) -> Result<SystemRole, Failure> {
    let of_organizations = |it: &SystemRole| *it != SystemRole::PlatformAdmin;
    let mut all = SystemRole::ALL.into_iter().filter(of_organizations);
    all.clone().find(|it| it.to_string() == name).ok_or_else(|| {
        let names = all.by_ref().map(|it| it.to_string()).collect::<Vec<_>>().join(", ");
        Failure::new(format!("--role: `{name}` is none of {names}"))
    })
}

/// With each thing that is wrong.
fn refused(error: app::Error) -> Failure {
    match error {
        app::Error::Invalid(problems) => {
            let each = problems.0.iter().map(|it| format!("{} {}", it.path, it.message));
            Failure::new(each.collect::<Vec<_>>().join("; "))
        }
        other => other.into(),
    }
}
