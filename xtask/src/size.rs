pub fn print() -> crate::Result<()> {
    Ok(())
}
