from ocma_sandbox.main import app

if __name__ == "__main__":
    app()
