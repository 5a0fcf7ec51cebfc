//! Makes a new migration file part of the build.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
