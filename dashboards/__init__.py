"""What people see: a Streamlit app that knows only the control API and holds no authority of its own."""
