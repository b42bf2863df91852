//! Who may do what, as a person reads it.

use std::fmt::Write as _;

use model::core::{Permission, SystemRole};

use crate::Route;

/// `permissions.txt`: every operation with who may call it, then every permission with the system
/// roles that have it.
pub fn permissions() -> String {
    let mut text = "# Who may call what. `make contract` makes it anew.\n\n".to_owned();
    let mut operations = crate::operations();
    operations.sort_by(|a, b| (&a.path, a.method).cmp(&(&b.path, b.method)));
    for Route { method, path, operation, access } in operations {
        let _ = writeln!(text, "{method:<7}{path}\n       {operation}: {access}");
    }
    text += "\n# Which system roles have which permission, with what they inherit.\n\n";
    for permission in Permission::ALL {
        let has = |role: &SystemRole| role.permissions().any(|it| it == *permission);
        let roles: Vec<_> = SystemRole::ALL.iter().filter(|it| has(it)).collect();
        let roles: Vec<_> = roles.into_iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "{:<39} {}", permission.to_string(), roles.join(" "));
    }
    text
}
